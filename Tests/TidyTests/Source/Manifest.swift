/// The targets of `Package.swift`, in its order.
///
/// Reads the manifest as text, so that the tests need not run the package manager. A call such as `.target(…)` declares
/// a target, and a constant such as `static let grdb = product(name: "GRDB", …)` names a product.
struct Manifest: Sendable {
    struct Target: Sendable {
        enum Kind: String, Sendable {
            case library = "target"
            case executable = "executableTarget"
            case test = "testTarget"
            case systemLibrary
        }

        var kind: Kind
        var name: String
        /// The folder of its files, relative to the repository's root.
        var path: String
        /// The names of the targets of this package that it depends on.
        var targets: [String] = []
        /// The names of other packages' products that it depends on.
        var products: [String] = []
        /// The line in the manifest, from 1.
        var line: Int

        /// Whether it is part of the product, and not of its tests or benchmarks.
        var isInSources: Bool { path.hasPrefix("Sources/") }
    }

    private(set) var targets: [Target] = []

    init(_ source: SwiftSource) {
        let reader = ManifestReader(source)
        var index = 0
        while index + 2 < source.tokens.count {
            if source.tokens[index].sign == Byte.dot, let kind = Target.Kind(rawValue: source.tokens[index + 1].text),
                source.tokens[index + 2].sign == Byte.openParenthesis
            {
                let end = reader.end(of: index + 2)
                if let target = reader.target(kind, from: index + 2, to: end) { targets.append(target) }
                index = end
            }
            index += 1
        }
    }

    func target(named name: String) -> Target? { targets.first { $0.name == name } }

    /// The target whose folder holds a file.
    func target(of path: String) -> Target? { targets.first { path.hasPrefix($0.path + "/") } }

    /// The names of all products that any target depends on.
    var products: Set<String> { Set(targets.flatMap(\.products)) }
}

/// Reads the arguments of a call in the manifest.
private struct ManifestReader {
    let source: SwiftSource
    /// The products by the names of their constants.
    var products: [String: String] = [:]

    init(_ source: SwiftSource) {
        self.source = source
        for (index, token) in source.tokens.enumerated() where token.isWord("product") && index > 2 {
            guard source.tokens[index - 1].sign == Byte.equals else { continue }
            let arguments = arguments(from: index + 1, to: end(of: index + 1))
            products[source.tokens[index - 2].text] = arguments["name"].flatMap(text)
        }
    }

    func target(_ kind: Manifest.Target.Kind, from open: Int, to close: Int) -> Manifest.Target? {
        let arguments = arguments(from: open, to: close)
        guard let name = arguments["name"].flatMap(text) else { return nil }
        let path = arguments["path"].flatMap(text) ?? (kind == .test ? "Tests/" : "Sources/") + name
        var target = Manifest.Target(kind: kind, name: name, path: path, line: source.tokens[open].line)
        var index = arguments["dependencies"]?.lowerBound ?? close
        while index < arguments["dependencies"]?.upperBound ?? close {
            let token = source.tokens[index]
            if token.kind == .literal { target.targets.append(source.content(of: token)) }
            if token.sign == Byte.dot, index + 2 < close {
                let word = source.tokens[index + 1].text
                if let product = products[word] { target.products.append(product) }
                if source.tokens[index + 2].sign == Byte.openParenthesis {
                    // `.product(name: "GRDB", package: "GRDB.swift")`, `.target(name: "Store")`, `.byName(name: …)`
                    let end = end(of: index + 2)
                    if let name = self.arguments(from: index + 2, to: end)["name"].flatMap(text) {
                        if word == "product" { target.products.append(name) } else { target.targets.append(name) }
                    }
                    index = end
                }
            }
            index += 1
        }
        return target
    }

    /// The tokens of each labelled argument between the parentheses of a call.
    func arguments(from open: Int, to close: Int) -> [String: Range<Int>] {
        var arguments: [String: Range<Int>] = [:]
        var depth = 0
        var label: (name: String, start: Int)?
        for index in open...max(open, close) where index < source.tokens.count {
            let sign = source.tokens[index].sign
            if sign == Byte.closeParenthesis || sign == Byte.closeBracket { depth -= 1 }
            if (depth == 1 && sign == Byte.comma) || index == close, let found = label {
                arguments[found.name] = found.start..<index
                label = nil
            }
            if depth == 1, sign == Byte.colon, label == nil {
                label = (source.tokens[index - 1].text, index + 1)
            }
            if sign == Byte.openParenthesis || sign == Byte.openBracket { depth += 1 }
        }
        return arguments
    }

    /// The parenthesis that closes the one at `open`.
    func end(of open: Int) -> Int {
        var depth = 0
        for index in open..<source.tokens.count {
            if source.tokens[index].sign == Byte.openParenthesis { depth += 1 }
            if source.tokens[index].sign == Byte.closeParenthesis {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return source.tokens.count
    }

    private func text(_ range: Range<Int>) -> String? {
        source.tokens[range].first { $0.kind == .literal }.map(source.content)
    }
}
