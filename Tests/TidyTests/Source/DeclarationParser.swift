/// Finds the declarations of a Swift file, with their bodies.
///
/// It follows braces and keywords, not the grammar, so it is correct only for code that compiles.
struct DeclarationParser {
    private let tokens: [SwiftToken]
    private(set) var declarations: [Declaration] = []
    private var scopes: [Scope] = [Scope(kind: .file)]
    /// The newest declaration, while its body may still follow.
    private var pending: Pending?

    private struct Scope {
        enum Kind { case file, type, `enum`, code, accessors, block }
        var kind: Kind
        /// The declaration that the braces belong to.
        var declaration: Int?
        /// The innermost type or extension.
        var type: Int?
        /// The number of open parentheses and brackets.
        var depth = 0
    }

    private struct Pending {
        var declaration: Int
        var scope: Int
        var depth: Int
        /// Whether `=` has followed the name. A brace then begins a closure or observers.
        var hasValue = false
    }

    init(_ tokens: [SwiftToken]) {
        self.tokens = tokens
        for index in tokens.indices {
            switch tokens[index].kind {
            case .sign: scanSign(index)
            case .word: scanWord(index)
            case .escapedWord, .number, .literal: break
            }
        }
    }

    // MARK: - Signs

    private mutating func scanSign(_ index: Int) {
        switch tokens[index].sign {
        case Byte.openParenthesis, Byte.openBracket: scopes[scopes.count - 1].depth += 1
        case Byte.closeParenthesis, Byte.closeBracket: scopes[scopes.count - 1].depth -= 1
        case Byte.openBrace: open(index)
        case Byte.closeBrace: close(index)
        case Byte.semicolon: pending = nil
        case Byte.equals: if isPendingHere { pending?.hasValue = true }
        default: break
        }
    }

    private var isPendingHere: Bool {
        guard let pending else { return false }
        return pending.scope == scopes.count - 1 && pending.depth == scopes[scopes.count - 1].depth
    }

    private mutating func open(_ index: Int) {
        var scope = Scope(kind: .block, type: scopes[scopes.count - 1].type)
        if isPendingHere, let pending {
            self.pending = nil
            bind(pending, at: index, to: &scope)
        } else if scopes[scopes.count - 1].kind == .accessors, let keyword = accessor(before: index) {
            var declaration = Declaration(
                kind: .accessor, name: tokens[keyword].text, keyword: tokens[keyword].text, line: tokens[keyword].line,
                keywordToken: keyword, nameToken: keyword)
            declaration.parent = scope.type
            declaration.isCode = true
            declaration.body = index + 1..<index + 1
            scope.kind = .code
            scope.declaration = declarations.count
            declarations.append(declaration)
        }
        scopes.append(scope)
    }

    /// Makes the braces that open at `index` the body of the pending declaration.
    private mutating func bind(_ pending: Pending, at index: Int, to scope: inout Scope) {
        let id = pending.declaration
        let hasAccessors = startsAccessors(index + 1)
        switch declarations[id].kind {
        case .type, .extension:
            scope.kind = declarations[id].keyword == "enum" ? .enum : .type
            scope.type = id
            declarations[id].inherited = inherited(by: id, upTo: index)
        case .function, .initializer, .deinitializer:
            scope.kind = .code
            declarations[id].isCode = true
        case .property, .subscript:
            if hasAccessors {
                scope.kind = .accessors
            } else if pending.hasValue {
                return
            } else {
                scope.kind = .code
                declarations[id].isCode = true
            }
        case .typeAlias, .case, .accessor:
            return
        }
        scope.declaration = id
        declarations[id].body = index + 1..<index + 1
    }

    private mutating func close(_ index: Int) {
        guard scopes.count > 1 else { return }
        // A declaration outside the braces stays pending after a closure: `init(a: Int = { 1 }()) {`.
        if pending?.scope == scopes.count - 1 { pending = nil }
        if let id = scopes.removeLast().declaration, let start = declarations[id].body?.lowerBound {
            declarations[id].body = start..<index
        }
    }

    private static let accessors: Set = [
        "get", "set", "willSet", "didSet", "_read", "_modify", "read", "modify", "unsafeAddress",
        "unsafeMutableAddress",
    ]

    /// Whether the first words between braces are those of an accessor: `get {`, `set(new) {`, `get async`, `get }`.
    private func startsAccessors(_ start: Int) -> Bool {
        var index = start
        while index < tokens.count {
            if tokens[index].sign == Byte.at {
                index += 2
            } else if ["mutating", "nonmutating", "nonisolated", "borrowing", "consuming"].contains(tokens[index].text)
            {
                index += 1
            } else {
                break
            }
        }
        guard index + 1 < tokens.count, Self.accessors.contains(tokens[index].text) else { return false }
        let next = tokens[index + 1]
        return next.sign == Byte.openBrace || next.sign == Byte.closeBrace || next.sign == Byte.openParenthesis
            || next.isWord("async") || next.isWord("throws") || Self.accessors.contains(next.text)
    }

    /// The keyword of the accessor whose braces open at `index`.
    private func accessor(before index: Int) -> Int? {
        var keyword = index - 1
        while keyword > 0, !Self.accessors.contains(tokens[keyword].text) {
            guard !tokens[keyword + 1].startsLine || tokens[keyword + 1].sign == Byte.openBrace else { return nil }
            keyword -= 1
        }
        return Self.accessors.contains(tokens[keyword].text) ? keyword : nil
    }

    // MARK: - Words

    private mutating func scanWord(_ index: Int) {
        let token = tokens[index]
        if token.startsLine, isPendingHere, startsStatement(index) { pending = nil }
        guard let scope = scopes.last, scope.depth == 0, let kind = Self.kinds[token.text] else { return }
        if index > 0, tokens[index - 1].sign == Byte.dot { return }
        guard index + 1 < tokens.count else { return }
        let next = tokens[index + 1]
        switch kind {
        case .case:
            if scope.kind == .enum { addCases(after: index) }
        case .initializer, .subscript:
            guard scope.kind != .code, scope.kind != .block, scope.kind != .accessors else { return }
            if [Byte.openParenthesis, Byte.less, Byte.question, Byte.exclamation].contains(next.sign) {
                add(kind, keyword: index, name: index)
            }
        case .deinitializer:
            add(kind, keyword: index, name: index)
        case .function:
            add(kind, keyword: index, name: index + 1)
        case .property:
            guard next.kind == .word || next.kind == .escapedWord, !isCondition(index) else { return }
            add(kind, keyword: index, name: index + 1)
        default:
            // `class func` and `protocol P: class` are not classes.
            guard next.kind == .word || next.kind == .escapedWord, Self.kinds[next.text] == nil else { return }
            add(kind, keyword: index, name: index + 1)
        }
    }

    private static let kinds: [String: Declaration.Kind] = [
        "struct": .type, "enum": .type, "class": .type, "actor": .type, "protocol": .type, "extension": .extension,
        "typealias": .typeAlias, "associatedtype": .typeAlias, "func": .function, "init": .initializer,
        "deinit": .deinitializer, "subscript": .subscript, "var": .property, "let": .property, "case": .case,
    ]

    /// Whether a `var` or `let` binds in a condition or a pattern: `if let x {` has no accessors.
    private func isCondition(_ index: Int) -> Bool {
        guard index > 0 else { return false }
        let before = tokens[index - 1]
        return before.sign == Byte.comma
            || ["if", "guard", "while", "case", "for", "catch", "is"].contains(before.text)
    }

    /// Whether a word at the start of a line begins a statement, and does not continue the previous one.
    private func startsStatement(_ index: Int) -> Bool {
        if ["where", "throws", "async", "rethrows", "reasync"].contains(tokens[index].text) { return false }
        guard index > 0, tokens[index - 1].kind == .sign else { return true }
        return !",=:([&|+-*/<.".utf8.contains(tokens[index - 1].sign)
            && !(tokens[index - 1].sign == Byte.greater && index > 1 && tokens[index - 2].sign == UInt8(ascii: "-"))
    }

    private mutating func add(_ kind: Declaration.Kind, keyword: Int, name: Int) {
        var declaration = Declaration(
            kind: kind, name: tokens[name].text, keyword: tokens[keyword].text, line: tokens[keyword].line,
            keywordToken: keyword, nameToken: name)
        declaration.parent = scopes[scopes.count - 1].type
        readModifiers(before: keyword, into: &declaration)
        pending = Pending(
            declaration: declarations.count, scope: scopes.count - 1, depth: scopes[scopes.count - 1].depth)
        declarations.append(declaration)
    }

    /// Adds the cases of a line such as `case low(Int), high = 3`.
    private mutating func addCases(after keyword: Int) {
        var index = keyword + 1
        while index < tokens.count, tokens[index].kind == .word || tokens[index].kind == .escapedWord {
            var declaration = Declaration(
                kind: .case, name: tokens[index].text, keyword: "case", line: tokens[index].line, keywordToken: index,
                nameToken: index)
            declaration.parent = scopes[scopes.count - 1].type
            declarations.append(declaration)
            index += 1
            var depth = 0
            while index < tokens.count, depth > 0 || tokens[index].sign != Byte.comma {
                if tokens[index].sign == Byte.openParenthesis { depth += 1 }
                if tokens[index].sign == Byte.closeParenthesis { depth -= 1 }
                if depth == 0, tokens[index].startsLine || tokens[index].sign == Byte.closeBrace { return }
                index += 1
            }
            index += 1
        }
    }
}

// MARK: - Modifiers and inheritance

extension DeclarationParser {
    private static let modifiers: Set = [
        "package", "public", "internal", "private", "fileprivate", "open", "static", "class", "final", "mutating",
        "nonmutating", "override", "required", "convenience", "lazy", "weak", "unowned", "indirect", "nonisolated",
        "isolated", "dynamic", "optional", "prefix", "postfix", "infix", "consuming", "borrowing", "distributed",
    ]

    /// Reads modifiers and attributes backwards, from the keyword to the end of the statement before.
    private func readModifiers(before keyword: Int, into declaration: inout Declaration) {
        var index = keyword - 1
        while index >= 0 {
            var word = index
            if tokens[index].sign == Byte.closeParenthesis {
                word = openParenthesis(of: index) - 1
                // Not an attribute: a tuple, or a call of the statement before.
                guard word >= 0, tokens[word].kind == .word else { return }
            }
            guard tokens[word].kind == .word else { return }
            if word > 0, tokens[word - 1].sign == Byte.at {
                declaration.attributes.append(tokens[word].text)
                index = word - 2
            } else if Self.modifiers.contains(tokens[word].text) {
                // Keep the argument: `private(set)` limits the setter only.
                let argument = word == index ? "" : "(\(tokens[word + 2].text))"
                declaration.modifiers.append(tokens[word].text + argument)
                index = word - 1
            } else {
                return
            }
        }
    }

    private func openParenthesis(of close: Int) -> Int {
        var depth = 0
        var index = close
        while index > 0 {
            if tokens[index].sign == Byte.closeParenthesis { depth += 1 }
            if tokens[index].sign == Byte.openParenthesis {
                depth -= 1
                if depth == 0 { return index }
            }
            index -= 1
        }
        return 0
    }

    /// The names between the colon and the brace of a type, without a `where` clause.
    private func inherited(by id: Int, upTo brace: Int) -> [String] {
        let header = tokens[declarations[id].nameToken..<brace].prefix { !$0.isWord("where") }
        guard let colon = header.lastIndex(where: { $0.sign == Byte.colon }) else { return [] }
        return header[colon...].filter { $0.kind == .word }.map(\.text)
    }
}
