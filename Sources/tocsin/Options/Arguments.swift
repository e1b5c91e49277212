public import ArgumentParser
import Store
import Telemetry

extension TimeSpan: ExpressibleByArgument {
    /// Reads `30m`, `2h`, `1d`.
    package init?(argument: String) {
        guard let span = TimeSpan(text: argument) else { return nil }
        self = span
    }
}

extension PastTime: ExpressibleByArgument {
    /// Reads `2h`, `06:10`, `yesterday`, `2018-06-03 22:00`.
    package init?(argument: String) { self.init(argument) }
}

/// A name of a device, a quantity or a destination.
struct Name: ExpressibleByArgument {
    let text: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        text = argument
    }
}

/// A pattern of areas: `*` matches within one part of the path, `**` any number of parts.
struct AreaPattern: ExpressibleByArgument {
    private let pattern: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        pattern = argument
    }

    func matches(_ area: String) -> Bool { PathGlob.matches(area, pattern) }
}

/// The head of an audit chain, as `number:hash`.
struct AuditHeadArgument: ExpressibleByArgument {
    let head: AuditHead

    init?(argument: String) {
        let parts = argument.split(separator: ":")
        guard parts.count == 2, let number = Int64(parts[0]), parts[1].count == 64 else { return nil }
        head = AuditHead(number: number, hash: String(parts[1]))
    }
}
