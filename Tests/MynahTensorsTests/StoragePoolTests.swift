import MynahTensors
import Testing

struct StoragePoolTests {
  private func address(_ tensor: Tensor) -> UInt {
    unsafe tensor.withUnsafeElements { UInt(bitPattern: $0.baseAddress) }
  }

  @Test(
    "A released block is reused for the next tensor of its size, without changing other tensors",
    arguments: [4096, 1 << 19])
  func servesAgain(count: Int) {
    StoragePool.recycling {
      let kept = Tensor(shape: [count], repeating: 1)
      let first = address(Tensor(shape: [count], repeating: 2))
      let second = Tensor(shape: [count], repeating: 3)
      #expect(address(second) == first && address(kept) != first)
      #expect(kept.elements.allSatisfy { $0 == 1 } && second.elements.allSatisfy { $0 == 3 })
    }
  }

  @Test("Tensors outlive their pool")
  func outlives() {
    let (small, large) = StoragePool.recycling {
      (Tensor(shape: [5000], repeating: 4), Tensor(shape: [1_000_000], repeating: 5))
    }
    let other = StoragePool.recycling { Tensor(shape: [1_000_000], repeating: 6) }
    #expect(small.elements.allSatisfy { $0 == 4 } && large.elements.allSatisfy { $0 == 5 })
    #expect(other.elements.allSatisfy { $0 == 6 })
  }

  @Test("Tasks can share a pool, and no two tensors share a block")
  func tasks() async {
    await withTaskGroup(of: Bool.self) { group in
      StoragePool.recycling {
        for number in 1...4 {
          group.addTask {
            (0..<200).allSatisfy { round in
              let value = Float(number * 1000 + round)
              let tensor = Tensor(shape: [4096 + round], repeating: value)
              let sum = tensor + tensor
              return sum.elements.allSatisfy { $0 == 2 * value }
            }
          }
        }
      }
      for await isWhole in group { #expect(isWhole) }
    }
  }

  @Test("Addresses come from the lowest free range that is large enough, and returned ranges are merged")
  func addressSpace() {
    var space = AddressSpace(first: 1000, byteCount: 100)
    #expect([10, 20, 30].map { space.take($0) } == [1000, 1010, 1030])
    space.give(1010, 20)
    #expect(space.take(25) == 1060 && space.take(15) == 1010)
    #expect(space.take(100) == nil)
    space.give(1000, 10)
    space.give(1060, 25)
    space.give(1030, 30)
    space.give(1010, 15)
    #expect(space.free == [AddressSpace.FreeRange(first: 1000, byteCount: 100)])
  }

  @Test("Blocks taken and returned in any order never overlap, and all space is free at the end")
  func randomOrder() {
    var (space, random) = (AddressSpace(first: 64, byteCount: 1 << 16), RandomSource(seed: 3))
    var taken: [(first: UInt, byteCount: Int)] = []
    for _ in 0..<2000 {
      let size = 1 + Int(random.next() % 2000)
      if random.next().isMultiple(of: 2), let first = space.take(size) {
        #expect(taken.allSatisfy { $0.first + UInt($0.byteCount) <= first || first + UInt(size) <= $0.first })
        taken.append((first, size))
      } else if !taken.isEmpty {
        let block = taken.remove(at: Int(random.next() % UInt64(taken.count)))
        space.give(block.first, block.byteCount)
      }
    }
    for block in taken { space.give(block.first, block.byteCount) }
    #expect(space.free == [AddressSpace.FreeRange(first: 64, byteCount: 1 << 16)])
  }
}
