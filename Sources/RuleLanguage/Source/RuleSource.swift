package import Diagnostics

/// One rule as it is written.
package struct RuleSource: Sendable {
    package struct Definition: Sendable {
        package var name: ScalarText
        package var text: ScalarText
    }

    package struct LevelCondition: Sendable {
        package var name: ScalarText
        package var when: ScalarText
        package var until: ScalarText?
    }

    package var name: ScalarText
    package var summary: ScalarText?
    package var hazard: String
    package var forEach: [ScalarText]
    package var matchers: [(key: ScalarText, value: ScalarText)]
    package var definitions: [Definition]
    package var levels: [LevelCondition]
    package var clear: ScalarText?
    package var noData: ScalarText?
    package var suppress: ScalarText?
    /// The sentence at the end of an alarm.
    package var cleared: ScalarText?
    package var escalate: ScalarText?
    package var labels: [String: String]
    package var runbook: String?
    package var instruction: String?
    package var translations: [TranslationSource]

    /// The texts in another language.
    package struct TranslationSource: Sendable {
        package var language: ScalarText
        package var summary: ScalarText?
        package var instruction: String?
        package var hazard: String?
    }

    static func read(_ node: YAMLNode, hazard: ScalarText?, problems: inout [Diagnostic]) -> RuleSource? {
        var reader = YAMLReader(node, "a rule")
        defer { problems += reader.finish() }
        let name = reader.required(RuleKey.name.rawValue)
        if let name, !isKebabCase(name.string) {
            reader.report(.ruleName(name.string), at: name.location)
        }
        let summary = reader.scalar(RuleKey.summary.rawValue)
        let own = reader.scalar(RuleKey.hazard.rawValue) ?? hazard
        if own == nil { reader.report(.missingHazard) }
        let forEach = reader.items(RuleKey.forEach.rawValue).compactMap(\.scalar)
        if forEach.isEmpty {
            reader.reportMissing(RuleKey.forEach.rawValue, "the label whose values have an alarm each")
        }
        let matchers = reader.strings(RuleKey.matchers.rawValue)
        let definitions = reader.strings(RuleKey.definitions.rawValue).map { Definition(name: $0.key, text: $0.value) }
        let levels = levels(&reader)
        let clear = reader.scalar(RuleKey.clear.rawValue)
        let noData = reader.scalar(RuleKey.noData.rawValue, formerly: RuleKey.noData.formerName)
        let suppress = reader.scalar(RuleKey.suppress.rawValue)
        let cleared = reader.scalar(RuleKey.cleared.rawValue)
        let escalate = reader.scalar(RuleKey.escalate.rawValue)
        let labels = Dictionary(reader.strings(RuleKey.labels.rawValue).map { ($0.key.string, $0.value.string) }) { $1 }
        let runbook = reader.string(RuleKey.runbook.rawValue)
        let instruction = reader.string(RuleKey.instruction.rawValue)
        let translations = translations(&reader)
        guard let name else { return nil }
        return RuleSource(
            name: name, summary: summary, hazard: own?.string ?? "", forEach: forEach, matchers: matchers,
            definitions: definitions, levels: levels, clear: clear, noData: noData, suppress: suppress,
            cleared: cleared,
            escalate: escalate,
            labels: labels,
            runbook: runbook, instruction: instruction, translations: translations)
    }

    private static func levels(_ reader: inout YAMLReader) -> [LevelCondition] {
        guard let node = reader.node(RuleKey.levels.rawValue) else {
            reader.reportMissing(RuleKey.levels.rawValue, "the conditions of the alarm's levels")
            return []
        }
        guard case .mapping(let entries) = node.content else {
            reader.report(.levelsForm, at: node.location)
            return []
        }
        if entries.isEmpty { reader.report(.noLevels, at: node.location) }
        return entries.compactMap { entry in
            if let text = entry.value.scalar { return LevelCondition(name: entry.key, when: text) }
            var level = YAMLReader(entry.value, "a level")
            let when = level.required(LevelKey.when.rawValue)
            let until = level.scalar(LevelKey.until.rawValue)
            reader.problems += level.finish()
            return when.map { LevelCondition(name: entry.key, when: $0, until: until) }
        }
    }

    private static func translations(_ reader: inout YAMLReader) -> [TranslationSource] {
        guard let node = reader.node(RuleKey.languages.rawValue) else { return [] }
        guard case .mapping(let entries) = node.content else {
            reader.report(.languagesForm, at: node.location)
            return []
        }
        return entries.map { entry in
            if !isLanguageTag(entry.key.string) {
                reader.report(.languageTag(entry.key.string), at: entry.key.location)
            }
            var texts = YAMLReader(entry.value, "a language")
            let summary = texts.scalar(TranslationKey.summary.rawValue)
            let instruction = texts.string(TranslationKey.instruction.rawValue)
            let hazard = texts.string(TranslationKey.hazard.rawValue)
            reader.problems += texts.finish()
            return TranslationSource(language: entry.key, summary: summary, instruction: instruction, hazard: hazard)
        }
    }

    /// Returns whether a text has the form of xs:language, which RFC 5646 also has: words of one to eight letters or
    /// digits, joined by '-'.
    private static func isLanguageTag(_ tag: String) -> Bool {
        let words = tag.split(separator: "-", omittingEmptySubsequences: false)
        return words.allSatisfy {
            (1...8).contains($0.count) && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
            && words.first?.allSatisfy(\.isLetter) == true
    }

    private static func isKebabCase(_ name: String) -> Bool {
        !name.isEmpty
            && name.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { word in
                !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber) }
            }
    }
}
