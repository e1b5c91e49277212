internal import Diagnostics
internal import Telemetry

/// A sentence with names in braces, which may be followed by a unit: `{station}: river at {stage}, rising {rise in
/// ft/h}`.
package struct SummaryTemplate: Sendable {
    enum Part: Sendable {
        case text(String)
        case label(String)
        /// - Parameter floor: values below this, in the shown unit, are only rounding errors and shown as 0.
        case value(register: Int32, from: Unit, shown: Unit, floor: Double)
        case truth(register: Int32)
    }

    /// The text between two braces.
    struct Name {
        var text: String
        var location: SourceLocation
        var unit: String?
        var unitLocation: SourceLocation
    }

    var parts: [Part]

    /// Set if it shows measured values, so that it is also correct at an alarm's end.
    package var hasValues: Bool {
        parts.contains { part in
            switch part {
            case .value, .truth: true
            case .text, .label: false
            }
        }
    }

    /// The sentence for one moment of one group.
    package func text(labels: [String: String], registers: [Double]) -> String {
        parts.map { part in
            switch part {
            case .text(let text): return text
            case .label(let name): return labels[name] ?? "?"
            case .value(let register, let from, let shown, let floor):
                guard !registers[Int(register)].isNaN else { return "unknown" }
                let (factor, summand) = from.conversion(to: shown)
                let value = registers[Int(register)] * factor + summand
                return NumberText.short(abs(value) < floor ? 0 : value, shown)
            case .truth(let register):
                let value = registers[Int(register)]
                if value.isNaN { return "unknown" }
                return value == 1 ? "true" : "false"
            }
        }.joined()
    }

    /// Reads a template.
    /// - Parameter resolve: returns the part that a name becomes, or reports a mistake and returns `nil`.
    static func read(
        _ source: ScalarText, resolve: (Name) -> Part?, problems: inout [Diagnostic]
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
                problems.append(RuleProblem.summaryBrace.at(source.location(index..<index + 1)))
                break
            }
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            if let part = resolve(name(index + 1..<close, of: scalars, source)) { parts.append(part) }
            index = close + 1
        }
        if !text.isEmpty { parts.append(.text(text)) }
        return SummaryTemplate(parts: parts)
    }

    /// `rise`, or `rise in ft/h`.
    private static func name(_ range: Range<Int>, of scalars: [Unicode.Scalar], _ source: ScalarText) -> Name {
        func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
        func location(_ range: Range<Int>) -> SourceLocation {
            source.location(range.lowerBound..<max(range.upperBound, range.lowerBound + 1))
        }
        let word = Array(" in ".unicodeScalars)
        let split =
            range.count > word.count
            ? (range.lowerBound...range.upperBound - word.count).last { Array(scalars[$0..<$0 + word.count]) == word }
            : nil
        guard let split else {
            return Name(text: text(range), location: location(range), unit: nil, unitLocation: location(range))
        }
        let (name, unit) = (range.lowerBound..<split, split + word.count..<range.upperBound)
        return Name(text: text(name), location: location(name), unit: text(unit), unitLocation: location(unit))
    }
}
