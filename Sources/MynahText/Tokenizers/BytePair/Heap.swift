/// A queue that gives the smallest of its elements first.
struct Heap<Element: Comparable> {
  /// A complete tree, each element's children at twice its index plus 1 and 2, none smaller than it.
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

  /// Takes the smallest element out, nil when there is none.
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
