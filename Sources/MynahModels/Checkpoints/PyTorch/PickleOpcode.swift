/// An opcode of Python's pickle format, of protocols 2 to 5 as `torch.save` and `pickle.dump` write them.
///
/// Source: `pickletools.py` of Python, which describes each opcode. Opcodes of protocol 0 that later protocols no
/// longer write are missing, so they are rejected.
enum PickleOpcode: UInt8 {
  // The frame of a pickle.
  case proto = 0x80
  case frame = 0x95
  case stop = 0x2E

  // The stack and the memo.
  case mark = 0x28
  case pop = 0x30
  case popMark = 0x31
  case dup = 0x32
  case binget = 0x68
  case longBinget = 0x6A
  case binput = 0x71
  case longBinput = 0x72
  case memoize = 0x94

  // Constants and numbers.
  case none = 0x4E
  case newTrue = 0x88
  case newFalse = 0x89
  /// Decimal digits and a line feed, as Python 2 writes integers of more than 32 bits.
  case int = 0x49
  case binint = 0x4A
  case binint1 = 0x4B
  case binint2 = 0x4D
  case long1 = 0x8A
  case long4 = 0x8B
  case binfloat = 0x47

  // Strings and bytes.
  case shortBinstring = 0x55
  case binstring = 0x54
  case shortBinunicode = 0x8C
  case binunicode = 0x58
  case binunicode8 = 0x8D
  case shortBinbytes = 0x43
  case binbytes = 0x42
  case binbytes8 = 0x8E
  case bytearray8 = 0x96

  // Collections.
  case emptyList = 0x5D
  case append = 0x61
  case appends = 0x65
  case list = 0x6C
  case emptyTuple = 0x29
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case tuple = 0x74
  case emptyDict = 0x7D
  case setitem = 0x73
  case setitems = 0x75
  case dict = 0x64
  case emptySet = 0x8F
  case additems = 0x90
  case frozenset = 0x91

  // Classes and calls.
  case global = 0x63
  case stackGlobal = 0x93
  case reduce = 0x52
  case build = 0x62
  case newobj = 0x81
  case newobjEx = 0x92
  case binpersid = 0x51
  /// Always rejected; the error contains the name of the class.
  case inst = 0x69
  /// Always rejected; the error contains the name of the class.
  case obj = 0x6F
}
