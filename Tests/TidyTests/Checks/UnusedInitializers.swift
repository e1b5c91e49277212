/// Finds `package` initializers that nothing calls, and those that only tests call.
///
/// An initializer has no name of its own, so the check compares labels: `Reading(…)`, `.init(…)` or `self.init(…)` can
/// be a call if the initializer has all its labels, and if it gives all arguments without a default.
enum UnusedInitializers {
    /// The labels of a call's arguments, or of a declaration's parameters.
    struct Labels: Equatable {
        /// The labels in order; an argument without a label has none here.
        var named: [String] = []
        /// The labels of parameters without a default.
        var required: Set<String> = []
        var hasUnnamed = false
        /// Whether a closure follows the parentheses. It may be any of the arguments.
        var hasTrailingClosure = false
        /// Whether this is a reference such as `Reading.init`, which can mean any initializer.
        var isReference = false

        /// Whether a call with these labels can call an initializer with the labels `declared`.
        func fit(_ declared: Labels) -> Bool {
            if isReference { return true }
            guard Set(named).isSubset(of: declared.named), !hasUnnamed || declared.hasUnnamed else { return false }
            return hasTrailingClosure || declared.required.isSubset(of: named)
        }
    }

    private struct Call {
        var labels: Labels
        var file: Int
        var token: Int
    }

    /// The labels of initializers that the standard library and other packages require and call.
    private static let requirementsOfOthers: Set<[String]> = [
        ["from"], ["rawValue"], ["argument"], ["row"], ["stringValue"], ["intValue"], ["stringLiteral"],
        ["integerLiteral"], ["floatLiteral"], ["arrayLiteral"], ["dictionaryLiteral"],
    ]

    static func findings(_ tree: SourceTree) -> [Finding] {
        let types = Set(
            tree.files.flatMap { file in
                file.declarations.filter { $0.kind == .initializer && $0.isMarked("package") }.compactMap { $0.parent }
                    .map { file.declarations[$0].name }
            })
        let calls = calls(tree.files, of: types)
        return tree.files.enumerated().flatMap { index, file in
            file.declarations.compactMap { finding($0, in: file, number: index, calls, tree.files) }
        }
    }

    private static func finding(
        _ declaration: Declaration, in file: SwiftSource, number: Int, _ calls: [String: [Call]], _ files: [SwiftSource]
    ) -> Finding? {
        guard declaration.kind == .initializer, declaration.isMarked("package"),
            let parent = declaration.parent.map({ file.declarations[$0] })
        else { return nil }
        let open = file.tokens[declaration.keywordToken...].firstIndex { $0.sign == Byte.openParenthesis }
        guard let open else { return nil }
        let declared = labels(of: file.tokens, open: open, isDeclaration: true)
        if requirementsOfOthers.contains(declared.named) { return nil }
        let fitting = (calls[parent.name, default: []] + calls["", default: []]).filter { call in
            call.labels.fit(declared) && !(call.file == number && declaration.tokens.contains(call.token))
        }
        let name = "\(parent.name).init(\(declared.named.map { $0 + ":" }.joined()))"
        guard let used = fitting.first(where: { !files[$0.file].path.hasPrefix("Tests/") }) ?? fitting.first else {
            return Finding(
                file: file.path, line: declaration.line, what: "nothing calls '\(name)'",
                remedy: "remove it")
        }
        guard files[used.file].path.hasPrefix("Tests/") else { return nil }
        return UnusedDeclarations.testsOnly(declaration, named: name, in: file)
    }

    /// Finds the calls of initializers, by the name of the type. The name is empty if the call does not say it.
    private static func calls(_ files: [SwiftSource], of types: Set<String>) -> [String: [Call]] {
        var calls: [String: [Call]] = [:]
        for (number, file) in files.enumerated() {
            for (index, token) in file.tokens.enumerated() where token.kind == .word {
                let isInit = token.text == "init" && index > 0 && file.tokens[index - 1].sign == Byte.dot
                guard isInit || types.contains(token.text) || token.text == "Self" else { continue }
                guard let open = endOfGenerics(index + 1, in: file.tokens) else { continue }
                var name = token.text == "Self" ? "" : token.text
                if isInit {
                    let type = index > 1 ? file.tokens[index - 2] : token
                    name = types.contains(type.text) ? type.text : ""
                }
                var found = Labels(isReference: true)
                if file.tokens[open].sign == Byte.openParenthesis {
                    found = labels(of: file.tokens, open: open, isDeclaration: false)
                } else if !isInit {
                    continue
                }
                calls[name, default: []].append(Call(labels: found, file: number, token: index))
            }
        }
        return calls
    }

    /// The token after the generic arguments that may begin at `index`.
    private static func endOfGenerics(_ index: Int, in tokens: [SwiftToken]) -> Int? {
        guard index < tokens.count, tokens[index].sign == Byte.less else { return index < tokens.count ? index : nil }
        var depth = 0
        for next in index..<min(index + 40, tokens.count) {
            if tokens[next].sign == Byte.less { depth += 1 }
            if tokens[next].sign == Byte.greater {
                depth -= 1
                if depth == 0 { return next + 1 < tokens.count ? next + 1 : nil }
            }
        }
        return nil
    }

    /// Reads the labels between the parentheses that open at `open`.
    static func labels(of tokens: [SwiftToken], open: Int, isDeclaration: Bool) -> Labels {
        var labels = Labels()
        var depth = 0
        var startsArgument = false
        var index = open
        while index < tokens.count {
            let token = tokens[index]
            switch token.sign {
            case Byte.openParenthesis, Byte.openBracket, Byte.openBrace:
                if startsArgument { labels.hasUnnamed = true }
                depth += 1
            case Byte.closeParenthesis, Byte.closeBracket, Byte.closeBrace:
                depth -= 1
                if depth == 0 {
                    labels.hasTrailingClosure = index + 1 < tokens.count && tokens[index + 1].sign == Byte.openBrace
                    return labels
                }
            case Byte.equals:
                if depth == 1, isDeclaration, let last = labels.named.last { labels.required.remove(last) }
            default:
                if startsArgument, depth == 1 { addLabel(tokens, index, isDeclaration, to: &labels) }
            }
            startsArgument = depth == 1 && (index == open || token.sign == Byte.comma)
            index += 1
        }
        return labels
    }

    private static func addLabel(_ tokens: [SwiftToken], _ index: Int, _ isDeclaration: Bool, to labels: inout Labels) {
        let token = tokens[index]
        let isLabel =
            token.kind == .word && index + 1 < tokens.count
            && (tokens[index + 1].sign == Byte.colon || isDeclaration)
        if isLabel, token.text != "_" {
            labels.named.append(token.text)
            if isDeclaration { labels.required.insert(token.text) }
        } else {
            labels.hasUnnamed = true
        }
    }
}
