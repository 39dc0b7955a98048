/// A priority queue that returns its smallest element first.
struct Heap<Element: Comparable> {
  /// A binary heap: the children of index i are at 2i + 1 and 2i + 2, and neither is smaller than their parent.
  private var elements: [Element] = []

  mutating func push(_ element: Element) {
    elements.append(element)
    var index = elements.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard elements[index] < elements[parent] else { break }
      elements.swapAt(index, parent)
      index = parent
    }
  }

  /// Removes and returns the smallest element; nil if the queue is empty.
  mutating func pop() -> Element? {
    guard let last = elements.popLast() else { return nil }
    guard let smallest = elements.first else { return last }
    elements[0] = last
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < elements.count else { return smallest }
      if child + 1 < elements.count && elements[child + 1] < elements[child] { child += 1 }
      guard elements[child] < elements[index] else { return smallest }
      elements.swapAt(index, child)
      index = child
    }
  }
}
