/// Finds `package` declarations that nothing uses, and those of `Sources` that only tests use.
///
/// The check does not resolve names. It takes an occurrence of the name for a use if all of this is true:
/// - The occurrence is outside the declaration and, for a type, outside its extensions: a function that only calls
///   itself is unused.
/// - In `Sources`, its file is of the same module or imports it, unless a protocol requires the name.
/// - For a member, it follows a dot, or its file declares, extends or inherits the member's type.
/// - It is not the label of an argument, except for a stored property, whose memberwise initializer has that label.
///
/// So each finding is really unused, but the check misses an unused member that shares its name with a used one. It
/// ignores declarations that are used without their names:
/// - operators, subscripts and deinitializers; ``UnusedInitializers`` checks initializers;
/// - declarations with an attribute that uses them, such as `@Option`, `@main` or `@_cdecl`;
/// - the cases of enums with a raw value or `CaseIterable`, and those of `CodingKeys`;
/// - the properties of types that are encoded, decoded or read from rows;
/// - requirements of other packages' protocols, by a list of names (`description`, `errorDescription`).
///
/// A use of a requirement of our own protocols counts for all declarations that fulfil it.
struct UnusedDeclarations {
    private let files: [SwiftSource]
    private let surroundings: [Surroundings]
    private var candidates: [Candidate] = []
    /// The inheritance of each type, with its extensions.
    private var inherited: [String: Set<String>] = [:]
    private var protocols: Set<String> = []
    /// The names that the protocols require.
    private var requirements: Set<String> = []

    private struct Candidate {
        var file: Int
        var declaration: Declaration
        /// The name of the type that it is a member of.
        var type: String?
    }

    /// The module of a file, and the names that it can use without a dot.
    private struct Surroundings {
        var module: String?
        var isTest: Bool
        var imports: Set<String>
        /// The types that the file declares or extends, and the types that these inherit.
        var types: Set<String>

        init(_ file: SwiftSource) {
            module = file.module
            isTest = file.path.hasPrefix("Tests/")
            imports = Set(ImportedModule.all(in: file).map(\.module))
            types = []
            for declaration in file.declarations where declaration.kind == .type || declaration.kind == .extension {
                types.insert(declaration.name)
                types.formUnion(declaration.inherited)
            }
        }
    }

    /// A candidate's name where it does not declare something.
    private struct Occurrence {
        var file: Int
        var token: Int
        var followsDot: Bool
        var isLabel: Bool
    }

    static func findings(_ tree: SourceTree) -> [Finding] {
        UnusedDeclarations(tree.files).findings() + UnusedInitializers.findings(tree)
    }

    private init(_ files: [SwiftSource]) {
        self.files = files
        surroundings = files.map(Surroundings.init)
        for file in files {
            for declaration in file.declarations where declaration.kind == .type || declaration.kind == .extension {
                inherited[declaration.name, default: []].formUnion(declaration.inherited)
                if declaration.keyword == "protocol" { protocols.insert(declaration.name) }
            }
        }
        for (index, file) in files.enumerated() {
            for declaration in file.declarations {
                let parent = declaration.parent.map { file.declarations[$0] }
                if parent?.keyword == "protocol" { requirements.insert(declaration.name) }
                guard isCandidate(declaration, parent: parent) else { continue }
                candidates.append(Candidate(file: index, declaration: declaration, type: parent?.name))
            }
        }
    }

    // MARK: - Candidates

    private static let usingAttributes: Set = [
        "Option", "Argument", "Flag", "OptionGroup", "main", "_cdecl", "Test", "Suite",
    ]

    private static let rawTypes: Set = [
        "String", "Character", "Int", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "UInt",
        "Double", "CaseIterable", "CodingKey",
    ]

    private static let codedTypes: Set = [
        "Codable", "Encodable", "Decodable", "FetchableRecord", "PersistableRecord", "MutablePersistableRecord",
    ]

    /// Names that callers do not write: requirements of protocols of the standard library and of other packages, which
    /// call them, and the method that parentheses behind a value call.
    private static let unwrittenNames: Set = [
        "description", "debugDescription", "errorDescription", "hash", "encode", "hashValue", "customMirror", "id",
        "makeIterator", "next", "allCases", "rawValue", "configuration", "run", "validate",
        "callAsFunction",
    ]

    private func isCandidate(_ declaration: Declaration, parent: Declaration?) -> Bool {
        guard !declaration.name.isEmpty, !Self.unwrittenNames.contains(declaration.name),
            Self.usingAttributes.isDisjoint(with: declaration.attributes)
        else { return false }
        let conformances = parent.map { inherited[$0.name, default: []] } ?? []
        switch declaration.kind {
        case .case:
            return parent?.isMarked("package") == true && Self.rawTypes.isDisjoint(with: conformances)
        case .property:
            return declaration.isMarked("package") && Self.codedTypes.isDisjoint(with: conformances)
        case .function, .type, .typeAlias:
            return declaration.isMarked("package")
        case .extension, .initializer, .deinitializer, .subscript, .accessor:
            return false
        }
    }

    // MARK: - Uses

    private func findings() -> [Finding] {
        let names = Set(candidates.map(\.declaration.name))
        var occurrences: [String: [Occurrence]] = [:]
        for index in files.indices { collect(names, in: index, into: &occurrences) }
        return candidates.compactMap { candidate in
            let uses = occurrences[candidate.declaration.name, default: []].filter { mayMean(candidate, $0) }
            let file = files[candidate.file]
            if uses.isEmpty {
                let name = candidate.declaration.name
                return Finding(
                    file: file.path, line: candidate.declaration.line, what: "nothing uses '\(name)'",
                    remedy: "remove it")
            }
            guard uses.allSatisfy({ surroundings[$0.file].isTest }) else { return nil }
            return Self.testsOnly(candidate.declaration, named: candidate.declaration.name, in: file)
        }
    }

    /// The finding for a declaration that only tests use. Files named `…+Testing.swift` may hold such declarations.
    static func testsOnly(_ declaration: Declaration, named name: String, in file: SwiftSource) -> Finding? {
        guard file.module != nil, !file.fileName.hasSuffix("+Testing.swift") else { return nil }
        return Finding(
            file: file.path, line: declaration.line, what: "only tests use '\(name)'",
            remedy: "move it to a file …+Testing.swift, or test what the product uses")
    }

    private func collect(_ names: Set<String>, in index: Int, into occurrences: inout [String: [Occurrence]]) {
        let tokens = files[index].tokens
        let declared = Set(files[index].declarations.map(\.nameToken))
        for (position, token) in tokens.enumerated() where token.kind == .word || token.kind == .escapedWord {
            guard names.contains(token.text), !declared.contains(position) else { continue }
            let before = position > 0 ? tokens[position - 1].sign : 0
            let after = position + 1 < tokens.count ? tokens[position + 1].sign : 0
            let isLabel = after == Byte.colon && (before == Byte.openParenthesis || before == Byte.comma)
            occurrences[token.text, default: []].append(
                Occurrence(file: index, token: position, followsDot: before == Byte.dot, isLabel: isLabel))
        }
    }

    /// Whether an occurrence can be a use of the candidate.
    private func mayMean(_ candidate: Candidate, _ occurrence: Occurrence) -> Bool {
        let declaration = candidate.declaration
        let place = surroundings[occurrence.file]
        if occurrence.file == candidate.file, declaration.tokens.contains(occurrence.token) { return false }
        if declaration.kind == .type, isInExtension(of: declaration.name, occurrence) { return false }
        if let module = place.module, let home = files[candidate.file].module, module != home,
            !place.imports.contains(home), !requirements.contains(declaration.name)
        {
            return false
        }
        if occurrence.isLabel { return declaration.kind == .property && !declaration.isCode }
        guard let type = candidate.type, declaration.kind != .type, declaration.kind != .typeAlias else { return true }
        return occurrence.followsDot || place.types.contains(type) || protocols.contains(type)
    }

    private func isInExtension(of name: String, _ occurrence: Occurrence) -> Bool {
        files[occurrence.file].declarations.contains {
            $0.kind == .extension && $0.name == name && $0.tokens.contains(occurrence.token)
        }
    }
}
