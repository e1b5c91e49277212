internal import Diagnostics
internal import Telemetry

// The form of rule files and expressions. Sorted by name.
extension RuleProblem {
    static let chainedComparison = RuleProblem(
        "chained-comparison", "comparisons cannot be chained",
        hint: "write 'x in 2 m .. 3 m', or join two comparisons with 'and'")

    static let chainedThen = RuleProblem(
        "chained-then", "'then' cannot be chained", hint: "put the first part in brackets, or name it with 'let'")

    static func durationExpected(after word: String) -> RuleProblem {
        RuleProblem("duration", "a duration such as 90s, 10m or 2h is expected after '\(word)'")
    }

    static let durationTooLong = RuleProblem(
        "too-long", "a duration must be at most 50 years (\(TimeSpan.longestWritten))")

    static let languagesForm = RuleProblem(
        "expected-mapping", "'languages' must be a mapping from language tags to texts")

    static func languageTag(_ tag: String) -> RuleProblem {
        RuleProblem("language-tag", "'\(tag)' is not a language tag such as es or zh-CN")
    }

    static let levelsForm = RuleProblem("expected-mapping", "'levels' must be a mapping from levels to conditions")

    static let missingHazard = RuleProblem(
        "missing-hazard", "neither the rule nor its file has a 'hazard'",
        hint: "add 'hazard: flood' to the rule or to the file")

    static let noLevels = RuleProblem(
        "no-levels", "a rule needs at least one level", hint: "add one, as in warning: water_level > 3 m")

    static let noRules = RuleProblem("no-rules", "a rule file needs a list 'rules' with at least one rule")

    static func ruleName(_ name: String) -> RuleProblem {
        RuleProblem(
            "rule-name", "'\(name)' is not a rule's name: use lower-case words joined by '-', as in river-rising")
    }

    static let summaryBrace = RuleProblem("summary-brace", "this brace is not closed", hint: "add a '}' after the name")

    static let tooDeepBrackets = RuleProblem(
        "too-deep", "the expression is nested more than \(Parser.depthMax) deep", hint: "name parts of it with 'let'")

    static let tooDeepNot = RuleProblem("too-deep", "the expression has too many 'not' in a row")

    static let tooDeepSigns = RuleProblem("too-deep", "the expression has too many signs in a row")

    static let tooManyTerms = RuleProblem(
        "too-deep", "the expression has more than \(Parser.termsMax) terms in a row",
        hint: "name parts of it with 'let'")

    /// - Parameters:
    ///   - found: the text in the file: `'+'`.
    ///   - expected: the expected form: `a value`.
    ///   - correction: the text that was probably meant.
    static func unexpected(_ found: String, expected: String, correction: String?) -> RuleProblem {
        RuleProblem("syntax", "expected \(expected), but found \(found)", hint: correction.map { "write \($0)" })
    }

    static func unknownUnit(_ symbol: String) -> RuleProblem {
        RuleProblem(
            "unknown-unit", "'\(symbol)' is not a unit",
            NearMiss.suggestion(for: symbol, among: Unit.symbols, list: nil))
    }
}
