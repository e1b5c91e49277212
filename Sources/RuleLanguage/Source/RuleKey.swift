/// The keys of a rule file: what the reader takes, and what the schema for editors and the reference are made of.
package enum RuleFileKey: String, CaseIterable, Sendable {
    case hazard, rules

    package var meaning: String {
        switch self {
        case .hazard:
            "What the rules of this file are about, where a rule does not say: flood, earthquake, gas, fire, …"
        case .rules: "The rules, one after the other."
        }
    }
}

/// The keys of a rule.
package enum RuleKey: String, CaseIterable, Sendable {
    case name, summary, hazard
    case forEach = "for_each"
    case matchers = "where"
    case definitions = "let"
    case noData = "no_data"
    case levels, clear, cleared, suppress, escalate, labels, runbook, instruction, languages

    /// What its value is.
    package enum Form: Sendable {
        case text, textOrList, texts, condition, conditions, expressions, translations
    }

    package var form: Form {
        switch self {
        case .name, .summary, .cleared, .hazard, .noData, .escalate, .runbook, .instruction: .text
        case .forEach: .textOrList
        case .matchers, .labels: .texts
        case .definitions: .expressions
        case .levels: .conditions
        case .clear, .suppress: .condition
        case .languages: .translations
        }
    }

    package var isRequired: Bool { self == .name || self == .forEach || self == .levels }

    package var meaning: String {
        switch self {
        case .name: "Unique over all files: lower-case words joined by '-'."
        case .summary:
            "The sentence that people read; labels and names of 'let' stand in braces, with a unit if you like: {station}: river at {stage in ft}."
        case .hazard: "What the rule is about, if not what the file says."
        case .forEach: "One alarm for each value of this label; a list of labels for each combination."
        case .matchers: "Only devices whose labels match; * stands for a part of a path, ** for any rest."
        case .definitions: "Names for expressions, to be used below and in the summary."
        case .levels: "The ladder: a condition for each level, or a mapping with 'when' and 'until'."
        case .clear: "The alarm ends only when this is true; without it, when no level holds."
        case .cleared:
            "The sentence at the alarm's end, as 'summary': {device}: heard again. Default: the summary with the values of then; one without values says that it is over."
        case .noData:
            "The level of the fault when a normal group has been unknown for longer than its sensors may be silent; 'none' for no fault. Default: the ladder's lowest level."
        case .suppress:
            "While this is true the alarm is suppressed by design: recorded, and nobody is told. alarm(\"power-failure\"), hour() >= 22."
        case .escalate: "The escalation policy; other policies may apply to the alarm by its labels as well."
        case .labels: "Labels that the alarm carries beside those of its devices."
        case .runbook: "Where people read what to do."
        case .instruction: "What the people concerned should do, for messages to the public."
        case .languages:
            "The texts in other languages, by tag (es, zh-CN): a mapping with 'summary', 'instruction' and 'hazard'."
        }
    }
}

/// The keys of a rule's texts in another language.
package enum TranslationKey: String, CaseIterable, Sendable {
    case summary, instruction, hazard

    package var meaning: String {
        switch self {
        case .summary: "The sentence that people read, with the same names in braces."
        case .instruction: "What the people concerned should do."
        case .hazard: "What the hazard is called."
        }
    }
}

/// The keys of a level that is written as a mapping.
package enum LevelKey: String, CaseIterable, Sendable {
    case when, until

    package var meaning: String {
        switch self {
        case .when: "The level holds from the moment at which this is true,"
        case .until: "until this is true."
        }
    }
}
