/// The checks, with their names in the ratchet.
enum TidyCheck: String, CaseIterable, Sendable {
    case moduleOrder = "module order"
    case moduleImports = "module imports"
    case declaredDependencies = "declared dependencies"
    case unsafeCode = "unsafe code"
    case unprovenUnwraps = "unproven unwraps"
    case wrappingOperators = "wrapping operators"
    case wideLines = "wide lines"
    case longFunctions = "long functions"
    case longFiles = "long files"
    case unusedDeclarations = "unused declarations"
    case contributingTable = "contributing table"

    func findings(in tree: SourceTree) -> [Finding] {
        switch self {
        case .moduleOrder: ModuleOrder.findings(tree)
        case .moduleImports: ModuleImports.findings(tree)
        case .declaredDependencies: DeclaredDependencies.findings(tree)
        case .unsafeCode: UnsafeCode.findings(tree)
        case .unprovenUnwraps: UnprovenUnwraps.findings(tree)
        case .wrappingOperators: WrappingOperators.findings(tree)
        case .wideLines: tree.files.flatMap(TextLimits.wideLines)
        case .longFunctions: tree.files.flatMap(TextLimits.longFunctions)
        case .longFiles: tree.files.flatMap(TextLimits.longFiles)
        case .unusedDeclarations: UnusedDeclarations.findings(tree)
        case .contributingTable: ContributingTable.findings(tree)
        }
    }
}
