// Includes that must come before an instruction set's target attribute is pushed.
#include "../../inference_dispatch.h"
#include "../prelude.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif
