int mynah_placeholder;
