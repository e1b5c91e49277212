internal import AlarmModel
import Alarms
import ArgumentParser
import Store
import Telemetry

/// Finds the alarms that an operator names on the command line.
struct AlarmTargets {
    private let reader: StoreReader

    init(_ reader: StoreReader) { self.reader = reader }

    /// Opens the store of a gateway.
    /// - Throws: the exit code, after printing what is wrong.
    init(opening path: String) throws {
        do {
            reader = try StoreReader(path: path)
        } catch {
            throw Failure.report(error, about: path)
        }
    }

    /// Returns the identity of the one alarm that the reference names.
    /// - Throws: the exit code, after printing that there is none, or more than one.
    func one(_ reference: AlarmReference) throws -> String {
        switch reference {
        case .number(let number):
            if let id = try reader.alarm(numbered: number) { return id }
            throw refuse("there is no alarm \(number); see tocsin alarms --all")
        case .name(let name):
            let found = try reader.alarms(named: name)
            guard let id = found.first else { throw refuse("there is no alarm '\(name)'; see tocsin alarms --all") }
            guard found.count == 1 else {
                throw refuse(
                    "'\(name)' matches \(found.count) alarms, so write more of the name: \(AlarmName.list(found))")
            }
            return id
        }
    }

    /// Returns all alarms that wait to be acknowledged.
    func unacknowledged() throws -> [AlarmView] { try reader.alarms().map(AlarmView.init).filter(\.isUnacknowledged) }

    /// Returns the named alarms that wait to be acknowledged. A rule and a group name the active alarm there and those
    /// before it.
    /// - Parameter waiting: all alarms that wait.
    /// - Throws: the exit code, after printing that there is none, or more than one.
    func unacknowledged(
        _ reference: AlarmReference, among waiting: [AlarmView]
    ) throws -> [AlarmView] {
        if case .name(let name) = reference {
            let isPattern = name.contains("*")
            let here = waiting.filter {
                isPattern ? PathGlob.matches($0.key.description, name) : $0.key.description == name
            }
            if !here.isEmpty { return here }
            if isPattern {
                throw refuse("no alarm that waits to be acknowledged matches '\(name)'; see tocsin alarms --full")
            }
        }
        let id = try one(reference)
        let found = waiting.filter { $0.id == id }
        guard found.isEmpty else { return found }
        // The gateway answers why the alarm cannot be acknowledged: who acknowledged it, and when.
        return try reader.alarms(all: true).filter { $0.id == id }.map(AlarmView.init)
    }

    private func refuse(_ text: String) -> ExitCode {
        Terminal.complain(text)
        return .failure
    }
}
