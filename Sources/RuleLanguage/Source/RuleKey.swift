/// The keys of a rule file. The reader, the editors' schema and the reference all use this list.
package enum RuleFileKey: String, CaseIterable, Sendable {
    case hazard, rules

    package var meaning: String {
        switch self {
        case .hazard:
            "What the rules of this file are about, unless a rule says otherwise: flood, earthquake, gas, fire, …"
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

    /// The form of a key's value.
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

    /// The key's name in earlier versions, which is still accepted; `nil` if it never had another name.
    package var formerName: String? { self == .noData ? "blind" : nil }

    package var isRequired: Bool { self == .name || self == .forEach || self == .levels }

    package var meaning: String {
        switch self {
        case .name: "Unique over all files: lower-case words joined by '-'."
        case .summary:
            """
            The sentence that people read. Names in braces are labels and names of 'let', with a unit if you \
            like: {station}: river at {stage in ft}.
            """
        case .hazard: "What the rule is about, if it differs from the file's hazard."
        case .forEach: "One alarm for each value of this label; a list of labels for each combination."
        case .matchers:
            "Only devices whose labels match; * matches one part of a path, ** any number of parts at the end."
        case .definitions: "Names for expressions, for use in the conditions and the summary."
        case .levels: "The ladder: a condition for each level, or a mapping with 'when' and 'until'."
        case .clear: "The alarm ends only when this is true. Default: it ends when no level holds."
        case .cleared:
            """
            The sentence at the alarm's end, in the form of 'summary': {device}: heard again. Default: the \
            summary with its values at the end; a summary without values gets a note that the alarm is over.
            """
        case .noData:
            """
            The level of the fault when a normal group has had no data for longer than its sensors may be \
            silent; 'none' for no fault. Default: the ladder's lowest level.
            """
        case .suppress:
            """
            While this is true, the alarm is suppressed by design: it is recorded, but nobody is notified. For \
            example alarm(\"power-failure\"), or hour() >= 22.
            """
        case .escalate: "The escalation policy. Other policies may apply to the alarm as well, by its labels."
        case .labels: "Labels of the alarm, in addition to those of its devices."
        case .runbook: "The address of the instructions for the people on duty."
        case .instruction: "What the people in danger should do, for messages to the public."
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
        case .instruction: "What the people in danger should do."
        case .hazard: "The name of the hazard."
        }
    }
}

/// The keys of a level that is written as a mapping.
package enum LevelKey: String, CaseIterable, Sendable {
    case when, until

    package var meaning: String {
        switch self {
        case .when: "The level holds from the moment when this is true,"
        case .until: "until this is true."
        }
    }
}
