import Foundation
import TestSupport

/// A deliberate mistake, to check that the simulation finds it: a piece of the source, and its replacement while the
/// mutant is switched on (`TOCSIN_MUTANT` names it).
package struct Mutant: Sendable {
    package var name: String
    /// The consequence of the mistake.
    package var mistake: String
    package var file: String
    package var original: String
    package var mutated: String

    init(_ name: String, _ mistake: String, in file: String, _ original: String, _ mutated: String) {
        self.name = name
        self.mistake = mistake
        self.file = "Sources/" + file
        self.original = original
        self.mutated = mutated.replacing("MUTANT", with: "isMutant(\"\(name)\")")
    }

    package static let all = [
        Mutant(
            "early-acknowledgement", "what has been read is acknowledged before it is committed",
            in: "Pipeline/Pipeline.swift",
            "        if !mayHaveMore { intake.tick(now) }",
            "        if MUTANT { connection.releaseAcknowledgements() }\n        if !mayHaveMore { intake.tick(now) }"),
        Mutant(
            "acknowledged-failure", "what could not be committed is acknowledged all the same",
            in: "Pipeline/Pipeline.swift",
            "            sendRebirthCommands(connection)\n        }",
            "            sendRebirthCommands(connection)\n        } else if MUTANT, outage.isFailing { connection.releaseAcknowledgements() }"
        ),
        Mutant(
            "early-answer", "people are told that their order is done before it is stored",
            in: "Pipeline/Pipeline.swift",
            "                let outcome = try intake.execute(command, at: now)",
            "                let outcome = try intake.execute(command, at: now)\n                if MUTANT { return answer(.success(outcome)) }"
        ),
        Mutant(
            "deaf-to-the-clock", "the clock is set, and nobody notices", in: "Pipeline/Pipeline.swift",
            "        guard step > Self.smallStep || step < .zero - Self.smallStep else { return }",
            "        guard !MUTANT, step > Self.smallStep || step < .zero - Self.smallStep else { return }"),
        Mutant(
            "no-dedupe", "what is delivered again is taken for new", in: "Pipeline/ReceivedMessages.swift",
            "        let isOwed = entry.number > forgottenUpTo",
            "        let isOwed = !MUTANT && entry.number > forgottenUpTo"),
        Mutant(
            "look-alikes", "a message that looks like the one before is taken for it",
            in: "Pipeline/Intake.swift",
            "        guard let mark = received.take(message) else {\n",
            "        guard let mark = received.take(message), !MUTANT || batch.received.marks.last?.digest != mark.digest else {\n"
        ),
        Mutant(
            "trusted-mark", "what the broker sent before is taken for received",
            in: "Pipeline/ReceivedMessages.swift",
            "        isRepeating = false\n        note(mark)",
            "        if MUTANT, message.isDuplicate { return nil }\n        isRepeating = false\n        note(mark)"),
        Mutant(
            "forgotten-messages", "after a start it is not known what was received",
            in: "Pipeline/Intake+Warm.swift",
            "if occasion == .start { received.restore", "if !MUTANT, occasion == .start { received.restore"),
        Mutant(
            "old-session", "what was received in a session is looked for in the next",
            in: "Pipeline/Intake.swift",
            "        guard received.last > 0 else { return }",
            "        guard !MUTANT, received.last > 0 else { return }"),
        Mutant(
            "cold-start", "after a start the windows and what lasts are forgotten",
            in: "Pipeline/Intake+Warm.swift",
            "                    moment.add(reading, of:",
            "                    if MUTANT { return }\n                    moment.add(reading, of:"),
        Mutant(
            "counted-absence", "the time in which nobody was there counts as having lasted",
            in: "RuleEngine/Engine+Listening.swift", "    package mutating func adjustClock(by span: TimeSpan) {\n",
            "    package mutating func adjustClock(by span: TimeSpan) {\n        if MUTANT { return }\n"),
        Mutant(
            "forgotten-alarms", "after a start alarms that were active are raised again",
            in: "Pipeline/Intake+Warm.swift",
            "let (active, returned) = (try store.activeAlarms(),",
            "let (active, returned) = (MUTANT ? [] : try store.activeAlarms(),"),
        Mutant(
            "one-by-one", "the quantities of a message are judged one after the other",
            in: "Pipeline/Intake.swift",
            "            return readings.sort { $0.time < $1.time }",
            "            return MUTANT ? () : readings.sort { $0.time < $1.time }"),
        Mutant(
            "forgotten-numbers", "after a start it is not known which numbers have come",
            in: "Pipeline/Intake.swift",
            "        decoder.restore(states)",
            "        if !MUTANT { decoder.restore(states) }"),
        Mutant(
            "forgotten-waiting", "after a start it is not known which readings wait for the next ones",
            in: "QualityControl/QualityStage.swift",
            "        series.restore(states, present: present)\n",
            "        if !MUTANT { series.restore(states, present: present) }\n"),
        Mutant(
            "trusted-clock", "a clock that falls back is believed", in: "QualityControl/ClockJudge.swift",
            "        if isBelieved {", "        if MUTANT || isBelieved {"),
        Mutant(
            "cleared-by-silence", "the window of a sensor that has died goes on",
            in: "RuleEngine/Windows/SeriesWindows+Silence.swift",
            "        Self.later(series[index].newest == .min ? series[index].heardFrom",
            "        MUTANT ? .max : Self.later(series[index].newest == .min ? series[index].heardFrom"),
        Mutant(
            "hold-broken-by-silence", "what has to last is false after a silence",
            in: "RuleEngine/Evaluation/ConditionMemory.swift",
            "        return memory[slot + 1] == 0 ? 0 : .nan",
            "        return MUTANT || memory[slot + 1] == 0 ? 0 : .nan"),
        Mutant(
            "forgotten-deaths", "after a start it is not known which devices are gone",
            in: "Pipeline/Intake+Deaths.swift",
            "        for device in model.site.devices.indices where decoder.isGone(device) {",
            "        for device in model.site.devices.indices where !MUTANT && decoder.isGone(device) {"),
        Mutant(
            "lost-step", "after a start the steps of policies are not looked at",
            in: "Escalation/EscalationPlanner.swift",
            "        nextLook = .distantPast\n        if var state",
            "        if !MUTANT { nextLook = .distantPast }\n        if var state"),
        Mutant(
            "unsynced-commit", "a commit does not wait for the disk", in: "Store/Integrity/WriteAheadLog.swift",
            "        try db.execute(sql: \"PRAGMA synchronous = FULL\")\n        guard try",
            "        try db.execute(sql: MUTANT ? \"PRAGMA synchronous = OFF\" : \"PRAGMA synchronous = FULL\")\n        guard try MUTANT ||"
        ),
        Mutant(
            "trusted-log", "after a failed sync the log is gone on with", in: "Store/Integrity/WriteAheadLog.swift",
            "        var isDoubtful = true",
            "        var isDoubtful: Bool { get { MUTANT ? false : doubt } set { doubt = newValue } }\n        var doubt = true\n        init(isDoubtful: Bool = true) { doubt = isDoubtful }"
        ),
        Mutant(
            "two-commits", "readings and what follows from them are committed one after the other",
            in: "Store/Commit/Store+Commit.swift",
            "            try Self.append(batch.readings, arrived: batch.arrived, db)\n",
            "            try Self.append(batch.readings, arrived: batch.arrived, db)\n            if MUTANT { try db.commit(); try db.beginTransaction(.immediate) }\n"
        ),
        Mutant(
            "half-an-outbox", "of several escalations of a commit one is kept", in: "Store/Commit/Store+Commit.swift",
            "for escalation in batch.escalations {", "for escalation in batch.escalations.prefix(MUTANT ? 1 : .max) {"),
        Mutant(
            "newest-first", "the outbox is emptied from its end", in: "Store/Tables/EscalationTable+Outbox.swift",
            "FROM json_each(?))\") ORDER BY id LIMIT ?",
            "FROM json_each(?))\") ORDER BY id \\(MUTANT ? \"DESC\" : \"\") LIMIT ?"),
        Mutant(
            "overtaken-place", "what waits behind an escalation that was not taken goes past it",
            in: "Uplink/DestinationWorker.swift",
            "                failed.insert(item.escalation.key)\n",
            "                if !MUTANT { failed.insert(item.escalation.key) }\n"),
        Mutant(
            "unknown-rows", "the audit chain is not told of the rows that a commit writes",
            in: "Store/Commit/Store+Commit.swift",
            "try Self.attest(audited, before: before, at: batch.newestTime, db)",
            "if !MUTANT { try Self.attest(audited, before: before, at: batch.newestTime, db) }"),
        Mutant(
            "failure-taken-for-success", "what could not be delivered is marked as delivered",
            in: "Uplink/DestinationWorker.swift",
            "                await noteFailure(of: item, error)\n",
            "                await noteFailure(of: item, error)\n                if MUTANT { unrecorded.append(item) }\n"
        ),
    ]

    /// Puts every mutant into a copy of the sources, each behind its switch.
    /// - Throws: ``TestFailure`` if a piece of the source is no longer there, or more than once.
    package static func breakSources(in root: String) throws {
        for mutant in all {
            let path = root + "/" + mutant.file
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try mutant.check(text)
            try text.replacing(mutant.original, with: mutant.mutated).write(
                toFile: path, atomically: true, encoding: .utf8)
        }
        let modules = Set(all.map { $0.file.split(separator: "/")[1] })
        for module in modules {
            try """
            import Foundation

            private let mutant = ProcessInfo.processInfo.environment["TOCSIN_MUTANT"]
            func isMutant(_ name: String) -> Bool { mutant == name }
            """.write(toFile: "\(root)/Sources/\(module)/Mutant.swift", atomically: true, encoding: .utf8)
        }
    }

    /// - Parameter text: the source.
    package func check(_ text: String) throws {
        let count = text.ranges(of: original).count
        guard count == 1 else {
            throw TestFailure("the mutant '\(name)' fits \(count) places of \(file), and should one: \(original)")
        }
    }
}
