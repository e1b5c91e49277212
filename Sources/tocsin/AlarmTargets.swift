internal import AlarmModel
import Alarms
import ArgumentParser
import Store
import Telemetry

/// The alarms that an operator names on the command line: numbers, `rule/group`, identities, beginnings, patterns.
struct AlarmTargets {
    private let reader: StoreReader

    init(_ reader: StoreReader) { self.reader = reader }

    /// The one alarm that a name means.
    /// - Throws: the exit code, once it has been said that there is none, or more than one.
    func one(_ name: String) throws -> String {
        if let number = Int(name) {
            if let id = try reader.alarm(numbered: number) { return id }
            throw refuse("there is no alarm \(number); see tocsin alarms --all")
        }
        let found = try reader.alarms(named: name)
        guard let id = found.first else { throw refuse("there is no alarm '\(name)'; see tocsin alarms --all") }
        guard found.count == 1 else {
            throw refuse("'\(name)' may be alarms of \(found.count) places: \(AlarmName.list(found))")
        }
        return id
    }

    /// The alarms that wait to be acknowledged and that a name means: of a place the one that is active, and those
    /// before it.
    /// - Parameter waiting: all that wait.
    func unacknowledged(_ name: String, among waiting: [AlarmView]) throws -> [AlarmView] {
        if name.contains("*") {
            let found = waiting.filter { PathGlob.matches($0.place, name) }
            if found.isEmpty { throw refuse("no alarm that waits to be acknowledged is like '\(name)'") }
            return found
        }
        if Int(name) == nil {
            let here = waiting.filter { $0.place == name }
            if !here.isEmpty { return here }
        }
        let id = try one(name)
        let found = waiting.filter { $0.id == id }
        guard found.isEmpty else { return found }
        // The gateway says why it cannot be: who has acknowledged it, and when.
        return try reader.alarms(all: true).map(AlarmView.init).filter { $0.id == id }
    }

    private func refuse(_ text: String) -> ExitCode {
        Terminal.complain(text)
        return .failure
    }
}
