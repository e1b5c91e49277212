internal import SourceText
internal import Telemetry

/// A sentence with names in braces: `{station}: river at {stage}`.
package struct SummaryTemplate: Sendable {
    enum Part: Sendable {
        case text(String)
        case label(String)
        case value(register: Int32, from: Unit, shown: Unit)
        case truth(register: Int32)
    }

    var parts: [Part]

    /// The sentence for one moment of one group.
    package func text(labels: [String: String], registers: [Double]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): return text
            case .label(let name): return labels[name] ?? "?"
            case .value(let register, let from, let shown):
                guard !registers[Int(register)].isNaN else { return "unknown" }
                let (factor, summand) = from.conversion(to: shown)
                return NumberText.short(registers[Int(register)] * factor + summand, shown)
            case .truth(let register):
                let value = registers[Int(register)]
                return value.isNaN ? "unknown" : value == 1 ? "true" : "false"
            }
        }.joined()
    }

    /// Reads a template; `resolve` says what a name is, or reports it.
    static func read(
        _ source: ScalarText, resolve: (String, SourceLocation) -> Part?, problems: inout [Diagnostic]
    ) -> SummaryTemplate {
        var parts: [Part] = []
        var text = ""
        let scalars = Array(source.string.unicodeScalars)
        var index = 0
        while index < scalars.count {
            guard scalars[index] == "{" else {
                text.unicodeScalars.append(scalars[index])
                index += 1
                continue
            }
            guard let close = scalars[index...].firstIndex(of: "}") else {
                problems.append(
                    Diagnostic(id: "summary-brace", "this brace is not closed", at: source.location(index..<index + 1)))
                break
            }
            let name = String(String.UnicodeScalarView(scalars[index + 1..<close]))
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            if let part = resolve(name, source.location(index + 1..<max(close, index + 2))) { parts.append(part) }
            index = close + 1
        }
        if !text.isEmpty { parts.append(.text(text)) }
        return SummaryTemplate(parts: parts)
    }
}
