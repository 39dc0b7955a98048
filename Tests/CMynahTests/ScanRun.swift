import CMynah
import MynahTensors
import TestSupport

/// The results of the scan kernels for a `ScanProblem`, forward and backward.
struct ScanRun {
  var result = ScanResult<Float>(output: [], lastHidden: [], lastCell: [])
  /// The gradient of each `ScanInput`; empty if there is none or it is not requested.
  var gradients: [[Float]] = []
  /// A Boolean value indicating whether nothing was written outside any array and the inputs are unchanged.
  var isTidy = true

  /// The bits of all results and gradients.
  var bits: [[UInt32]] { (result.parts + gradients).map(\.bits) }

  /// Runs forward and backward in unaligned memory of exactly the documented sizes.
  ///
  /// - Parameters:
  ///   - threads: The size of the team; 0 for none.
  ///   - seeds: Whether each of the incoming gradients is given; the others are NULL.
  ///   - omitting: Inputs whose gradients are not requested.
  ///   - inPlace: Whether the blocks' gradients overwrite the blocks.
  init(
    _ problem: ScanProblem, _ set: InstructionSet, threads: Int32 = 0, seeds: [Bool] = [true, true, true],
    omitting: Set<ScanInput> = [], inPlace: Bool = false, precision: mynah_precision = MYNAH_FLOAT32
  ) {
    let team = unsafe mynah_team_start(threads)
    defer { unsafe mynah_team_stop(team) }
    let (kernels, sizes, traits) = unsafe (set.kernels, problem.sizes, problem.cell.traits)
    let rows = sizes.stepCount * sizes.batchSize
    var counts = sizes.forKernels(problem.cell)
    let undefined = { (count: Int) in GuardedMemory([Float](repeating: .nan, count: count), misalignment: 1) }
    let inputs = problem.inputs.enumerated().map { GuardedMemory($1, misalignment: $0 % 3) }
    let (gates, cells) = unsafe (
      undefined(kernels.scan_gates_size(&counts)), undefined(kernels.scan_cells_size(&counts))
    )
    let gateGradients = inPlace ? gates : undefined(gates.count)
    let intermediate = undefined(problem.cell.hasIntermediate ? rows * sizes.hiddenSize : 0)
    let (output, lastCell) = (undefined(problem.seeds[0].count), undefined(problem.seeds[2].count))
    let workspace = undefined(unsafe kernels.scan_forward_workspace(&counts))
    var forward = unsafe problem.forwardPass(inputs)
    unsafe forward.precision = precision
    unsafe forward.gates = gates.base
    unsafe forward.cells = cells.base
    unsafe forward.intermediate = intermediate.base
    unsafe forward.output = output.base
    unsafe forward.last_c = lastCell.base
    unsafe forward.workspace = workspace.base
    unsafe kernels.scan_forward(team, &forward)

    let given = zip(problem.seeds, seeds).map { $1 && !$0.isEmpty ? GuardedMemory($0, misalignment: 2) : nil }
    let results = ScanInput.allCases.map { input in
      let count = problem[input].count
      return count == 0 || omitting.contains(input) ? nil : undefined(count)
    }
    func gradient(_ input: ScanInput) -> UnsafeMutablePointer<Float>? { unsafe results[input.rawValue]?.base }
    let projected = undefined(unsafe traits.has_projection ? rows * sizes.outputSize : 0)
    let backwardWorkspace = undefined(unsafe kernels.scan_backward_workspace(&counts))
    let gradientsWorkspace = undefined(unsafe kernels.scan_gradients_workspace(&counts))
    var backward = unsafe mynah_scan_backward()
    unsafe backward.forward = forward
    unsafe backward.d_output = UnsafePointer(given[0]?.base)
    unsafe backward.d_last_h = UnsafePointer(given[1]?.base)
    unsafe backward.d_last_c = UnsafePointer(given[2]?.base)
    unsafe backward.d_x = gradient(.x)
    unsafe backward.d_weight_ih = gradient(.inputWeight)
    unsafe backward.d_weight_hh = gradient(.recurrentWeight)
    unsafe backward.d_weight_hr = gradient(.projectionWeight)
    unsafe backward.d_bias_ih = gradient(.inputBias)
    unsafe backward.d_bias_hh = gradient(.recurrentBias)
    unsafe backward.d_vectors = (gradient(.firstVector), gradient(.secondVector), gradient(.thirdVector))
    unsafe backward.d_h0 = gradient(.hidden)
    unsafe backward.d_c0 = gradient(.cell)
    unsafe backward.d_gates = gateGradients.base
    unsafe backward.d_projected = projected.base
    unsafe backward.workspace = backwardWorkspace.base
    unsafe kernels.scan_backward(team, &backward)
    unsafe backward.workspace = gradientsWorkspace.base
    unsafe kernels.scan_gradients(team, &backward)
    extendLifetime(given)

    result = ScanResult(
      output: output.elements, lastHidden: Array(output.elements.suffix(problem.seeds[1].count)),
      lastCell: lastCell.elements)
    gradients = results.map { $0?.elements ?? [] }
    let workspaces = [workspace, backwardWorkspace, gradientsWorkspace]
    let all = workspaces + [gates, gateGradients, cells, intermediate, output, lastCell, projected]
    isTidy =
      (inputs + all + results.compactMap(\.self)).allSatisfy(\.guardsAreWhole)
      && inputs.map(\.elements) == problem.inputs
  }
}
