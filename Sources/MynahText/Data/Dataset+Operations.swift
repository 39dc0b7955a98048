import MynahIO

/// The treatment of elements at the end that do not fill a whole batch.
public enum Remainder: String, Sendable, Hashable, Codable {
  /// They form a smaller batch.
  case keep
  /// They are dropped.
  case drop
}

extension Dataset {
  /// Returns each element transformed.
  public func map<Output: Sendable>(_ transform: @escaping @Sendable (Element) -> Output) -> Dataset<Output> {
    Dataset<Output> { pass in
      let elements = iterator(pass: pass)
      return AnyIterator { elements.next().map(transform) }
    }
  }

  /// Returns the concatenation of the sequences that the elements are transformed into.
  public func flatMap<Elements: Sequence>(
    _ transform: @escaping @Sendable (Element) -> Elements
  ) -> Dataset<Elements.Element> where Elements.Element: Sendable, Elements.Iterator: SendableMetatype {
    Dataset<Elements.Element> { pass in
      let elements = iterator(pass: pass)
      var inner: Elements.Iterator?
      return AnyIterator {
        while true {
          if let next = inner?.next() { return next }
          guard let element = elements.next() else { return nil }
          inner = transform(element).makeIterator()
        }
      }
    }
  }

  /// Returns arrays of `size` consecutive elements; for a dataset of batches, batches of batches.
  ///
  /// - Precondition: The size is positive.
  public func batch(_ size: Int, remainder: Remainder = .keep) -> Dataset<[Element]> {
    require(size > 0, "a batch must have at least 1 element, got \(size)")
    return Dataset<[Element]> { pass in
      let elements = iterator(pass: pass)
      return AnyIterator {
        var batch: [Element] = []
        while batch.count < size, let element = elements.next() { batch.append(element) }
        return batch.count == size || remainder == .keep && !batch.isEmpty ? batch : nil
      }
    }
  }

  /// Returns the first `count` elements, or all of them if there are fewer.
  ///
  /// - Precondition: The count is not negative.
  public func take(_ count: Int) -> Dataset {
    require(count >= 0, "the number of elements to take must not be negative, got \(count)")
    return Dataset { pass in
      let elements = iterator(pass: pass)
      var rest = count
      return AnyIterator {
        guard rest > 0 else { return nil }
        rest -= 1
        return elements.next()
      }
    }
  }

  /// Returns the stream repeated `count` times, or indefinitely if nil.
  ///
  /// Each repetition is a separate pass, so a preceding `shuffle` uses a new order. An empty pass ends the repetition,
  /// even an indefinite one.
  ///
  /// - Precondition: The count is in 0 ... 2³¹ − 1.
  public func `repeat`(_ count: Int? = nil) -> Dataset {
    require((0...Int(Int32.max)).contains(count ?? 0), "a stream cannot be repeated \(count ?? 0) times")
    return Dataset { pass in
      let first = count.map { pass &* $0 } ?? pass
      var passes = (first..<(count.map { first + $0 } ?? .max)).makeIterator()
      var elements = AnyIterator<Element> { nil }
      return AnyIterator {
        if let element = elements.next() { return element }
        guard let next = passes.next() else { return nil }
        elements = iterator(pass: next)
        return elements.next()
      }
    }
  }
}
