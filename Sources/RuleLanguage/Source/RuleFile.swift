package import Diagnostics

/// The rules of one file as they are written: texts with their locations. Names are not resolved yet.
package struct RuleFile: Sendable {
    package var name: String
    package var rules: [RuleSource]

    /// Reads a rule file, and reports the mistakes in its form.
    package static func read(_ file: SourceFile, problems: inout [Diagnostic]) -> RuleFile {
        let node: YAMLNode
        var cut: [Diagnostic] = []
        do {
            node = try YAMLNode.parse(file, problems: &cut)
        } catch {
            problems += error.diagnostics
            return RuleFile(name: file.name, rules: [])
        }
        var reader = YAMLReader(node, "a rule file")
        let hazard = reader.scalar(RuleFileKey.hazard.rawValue)
        // If a comma has cut a value of a rule, the rule is left out, because any further mistake would follow from the
        // cut.
        let items = reader.items(RuleFileKey.rules.rawValue)
        let cutLines = cut.compactMap(\.location?.line)
        let rules = zip(items, items.dropFirst().map(\.location.line) + [Int.max]).filter { item, next in
            !cutLines.contains { (item.location.line..<next).contains($0) }
        }.compactMap { RuleSource.read($0.0, hazard: hazard, problems: &reader.problems) }
        reader.problems += cut
        if node.isNull || (rules.isEmpty && reader.problems.isEmpty) {
            reader.report(.noRules)
        }
        problems += reader.finish()
        return RuleFile(name: file.name, rules: rules)
    }
}
