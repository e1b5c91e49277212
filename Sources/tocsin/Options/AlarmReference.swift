import ArgumentParser

/// An alarm as an operator names it on the command line.
enum AlarmReference: ExpressibleByArgument {
    case number(Int)
    /// `rule/group`, an identity, the beginning of one, or a pattern with `*`.
    case name(String)

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self = Int(argument).map(Self.number) ?? .name(argument)
    }

    var number: Int? { if case .number(let number) = self { number } else { nil } }

    static let help: ArgumentHelp = """
        The alarm: its number, rule/group, its identity, or the beginning of one of these up to the end of a part.
        """
}

/// The alarm that a command is about, or the rule and group where it may be raised.
struct AlarmArgument: ParsableArguments {
    @Argument(help: AlarmReference.help)
    var alarm: AlarmReference
}
