import Mynah

/// A softmax over scaled cosines: logits = s · cos(w_v, h).
struct CosineSoftmax: OutputLayer {
  let weight, scale: Variable

  var vocabularySize: Int { weight.shape[0] }
  var hiddenSize: Int { weight.shape[1] }

  func logits(of hidden: Variable) -> Variable {
    scale * unit(hidden).matmul(unit(weight), transposingOther: true)
  }

  private func unit(_ rows: Variable) -> Variable {
    rows / ((rows * rows).sum(axes: [1], keepingAxes: true) + 1e-6).squareRoot()
  }
}

extension OutputKind {
  static let cosine = OutputKind(
    "cosine", title: "Cosine softmax",
    parameters: { shape in
      [
        ParameterSpec("weight", [shape.vocabularySize, shape.hiddenSize], .output),
        ParameterSpec("scale", [1], .output),
      ]
    },
    layer: { _, parameters, _ in CosineSoftmax(weight: parameters[0], scale: parameters[1]) })
}
