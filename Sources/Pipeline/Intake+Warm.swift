internal import AlarmModel
internal import Alarms
internal import Devices
internal import Escalation
internal import Logging
internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
internal import SiteConfiguration
internal import Store
internal import Telemetry

/// How an engine comes to where the one before it stood.
extension Intake {
    /// Why the engine begins anew.
    enum Occasion: Equatable {
        case start, reload
        /// The clock was set by more than a little.
        case setBack, setForward(TimeSpan)
    }

    /// Brings the engine to where it stood: windows from the stored readings, alarms from their table.
    ///
    /// What was stored while the clock was ahead is of no use to windows, and would make all that follows late.
    /// - Parameter earlier: at a reload, since when each series has been listened to, and up to when.
    mutating func warm(
        from store: Store, now: Instant, because occasion: Occasion,
        listening earlier: (until: Instant, from: [SeriesID: Instant])? = nil
    ) throws {
        let present = occasion == .setBack ? now : now + ClockTolerance().ahead
        if occasion == .start { received.restore(try store.receivedMessages()) }
        try fillWindows(from: store, before: present, now: now, occasion)
        health.droppedTotal = try store.newestValue(of: health.series(of: .brokerDroppedTotal))
        // From the newest readings to now nobody was there: nothing has lasted in that time.
        if occasion == .start, let alive = try store.newestArrival(), alive <= now {
            catchUp(to: alive)
            engine.adjustClock(by: now - alive)
        }
        if case .setForward(let step) = occasion { engine.adjustClock(by: step) }
        if occasion == .reload, let earlier { catchUp(to: earlier.until) }
        listenAnew(earlier?.from ?? [:], at: now)
        try rememberDevices(from: store)
        let (active, returned) = (try store.activeAlarms(), try store.returnedAlarms(limit: AlarmBook.returnedMax))
        let policies = Dictionary(model.rules.rules.map { ($0.name, $0.escalate) }) { first, _ in first }
        let holding = Set(model.rules.instances.indices.filter { engine.ladderState(of: $0).level > .normal })
        let restored = book.restore(
            active.filter { !Self.isStoreFault($0) }, returned: returned, suppressions: try store.suppressions(),
            standing: holding,
            at: now)
        let standing = Dictionary(book.active.map { ($0.id, $0) }) { first, _ in first }
        for alarm in active.map({ standing[$0.id] ?? $0 }) + returned {
            let (course, told) = try store.course(of: alarm.id)
            if !planner.restore(alarm, course: course, told: told, escalate: policies[alarm.rule] ?? nil, at: now) {
                let text =
                    "how far the escalation of \(alarm.id) has come cannot be read; its end goes to \(told.isEmpty ? "nobody" : told.keys.sorted().joined(separator: ", ")), its steps begin again"
                logger.error("\(text)")
                batch.notes.append(AuditNote("escalation-unreadable", at: now, text: text))
            }
        }
        takeUpStoreFaults(active.filter(Self.isStoreFault), at: now)
        // The windows say what is; what was raised, and is held by a latch, the alarms say.
        for instance in model.rules.instances.indices {
            engine.restore(LadderState(level: .normal, held: 0, isUncertain: false), to: instance)
        }
        for (instance, ladder, moved) in restored.ladders {
            engine.restore(ladder, to: instance, movedAt: min(moved, present))
        }
        for transition in restored.retired { record(transition) }
        record(restored, at: now)
        // What was shelved for a time that is over must hide nothing that is read first.
        for outcome in book.expireShelves(at: now) { record(outcome, by: nil, at: now) }
        if occasion == .start || occasion == .reload { rejudge(restored, at: now) }
        for text in store.takeUnreadable() {
            logger.error("\(text)")
            batch.notes.append(AuditNote("unreadable", at: now, text: text))
        }
    }

    /// Judges all rules at once, from the windows as they are: they may ask for something else than before, and a
    /// sensor that sends only what changes may send nothing for a long time.
    private mutating func rejudge(_ restored: RestoredAlarms, at now: Instant) {
        for (instance, _, _) in restored.ladders { book.noteMissing(engine.account(of: instance)) }
        for instance in model.rules.instances.indices { engine.rejudge(instance, into: &changes) }
        recordChanges(at: now)
        for (instance, _, _) in restored.ladders {
            for transition in book.settle(engine.account(of: instance), recorded: now) { record(transition) }
        }
    }

    private mutating func record(_ restored: RestoredAlarms, at now: Instant) {
        batch.suppressions += restored.suppressions
        for place in restored.withoutEffect {
            let text =
                "\(place.rule)/\(place.group) is put aside, but no rule watches there any more, so that this has no effect: \(place.suppression?.reason ?? "")"
            logger.warning("\(text)")
            batch.notes.append(AuditNote("without-effect", at: now, text: text))
        }
        batch.renamed += restored.changed
        for (alarm, before) in restored.renamed {
            batch.notes.append(
                AuditNote("renamed", at: now, text: "\(alarm.id): \(before) is now \(alarm.place) \(alarm.levelName)"))
        }
    }

    /// Lets the engine do what the one before it had done when it was there last.
    private mutating func catchUp(to alive: Instant) {
        engine.advance(to: alive, into: &changes)
        changes.removeAll(keepingCapacity: true)
        engine.noteSilences(at: alive)
    }

    /// Takes over since when each series has been listened to; one that was not, and has no readings, is from now on.
    private mutating func listenAnew(_ earlier: [SeriesID: Instant], at now: Instant) {
        engine.heartbeat(at: now)
        for device in model.site.devices {
            for field in device.fields {
                let id = model.series.id(device: device.id, quantity: field.quantity.name)
                if let since = earlier[id] {
                    engine.listenTo(id, from: since)
                } else if engine.isUnheard(id) {
                    engine.listenTo(id, from: now)
                }
            }
        }
    }

    /// Since when each series of the running engine has been listened to, and up to when.
    var listening: (until: Instant, from: [SeriesID: Instant])? {
        guard let until = engine.listenedUntil else { return nil }
        var from: [SeriesID: Instant] = [:]
        for device in model.site.devices {
            for field in device.fields {
                let id = model.series.id(device: device.id, quantity: field.quantity.name)
                from[id] = engine.heardFrom(id)
            }
        }
        return (until, from)
    }

    /// Replays stored readings.
    ///
    /// Readings that are far behind those before them, and were not late when they came, came after the clock was set
    /// back: what was before them in their series was of a clock that was ahead, and is left out.
    private mutating func fillWindows(from store: Store, before present: Instant, now: Instant, _ occasion: Occasion)
        throws
    {
        guard let newest = try store.newestReading(before: present) else { return }
        let timeless = timelessSeries(occasion)
        var newestTimes = Array(repeating: Instant.distantPast, count: model.rules.plan.series.count)
        /// By series, the position of the first reading after the clock was set back.
        var beginnings: [SeriesID: Int] = [:]
        func pass(_ engine: inout Engine, isFirst: Bool) throws {
            var position = 0
            var moment = ReplayedMoment()
            engine.beginReplay()
            defer { engine.endReplay() }
            let wanted = (0..<Int32(model.rules.plan.series.count)).map {
                engine.samplesBefore(of: SeriesID(index: $0))
            }
            try store.replay(
                after: newest - model.rules.plan.lookback, before: present, leadingUp: wanted,
                listened: {
                    moment.end(&engine, &changes)
                    // What was due by then was done.
                    engine.advance(to: min($0, now), into: &changes)
                    changes.removeAll(keepingCapacity: true)
                },
                { reading in
                    position += 1
                    if isFirst { _ = repeats.isRepeat(reading) }
                    if let timeless, reading.quality.contains(.clockReplaced) || timeless.contains(reading.series) {
                        // What was before it is not what is now, either.
                        if isFirst { beginnings[reading.series] = position + 1 }
                        return
                    }
                    let index = Int(reading.series.index)
                    if isFirst {
                        if newestTimes.indices.contains(index), !reading.quality.contains(.late) {
                            let isBehind =
                                newestTimes[index] > .distantPast
                                && reading.time < newestTimes[index] - configuration.allowedLateness
                            if isBehind { beginnings[reading.series] = position }
                            newestTimes[index] = isBehind ? reading.time : max(reading.time, newestTimes[index])
                        }
                    } else if let beginning = beginnings[reading.series], position < beginning {
                        return
                    }
                    let devices = model.series.devices
                    moment.add(reading, of: devices.indices.contains(index) ? devices[index] : "", &engine, &changes)
                })
            moment.end(&engine, &changes)
        }
        try pass(&engine, isFirst: true)
        guard !beginnings.isEmpty else { return }
        engine = Engine(model.rules.plan)
        try pass(&engine, isFirst: false)
    }

    /// The series whose readings have the time of their arrival, where these no longer go with those to come, as
    /// between them the clock was set forward; `nil` where all is well.
    private func timelessSeries(_ occasion: Occasion) -> Set<SeriesID>? {
        guard case .setForward(let step) = occasion else { return nil }
        // Of devices that never have a time of their own, windows may be off by a minute.
        let devices = model.site.devices.filter { $0.profile.time == nil && step > .minutes(1) }
        return Set(
            devices.flatMap { device in
                device.fields.map { model.series.id(device: device.id, quantity: $0.quantity.name) }
            })
    }
}

/// Stored readings that belong to one moment: a device sent them with one time, one behind the other. They came in one
/// message, and are evaluated together as they were then.
private struct ReplayedMoment {
    private var readings: [Reading] = []
    private var device = ""
    private var exceptions: [(index: Int, outcome: ReadingOutcome)] = []

    mutating func add(_ reading: Reading, of device: String, _ engine: inout Engine, _ changes: inout [LevelChange]) {
        if let first = readings.first, first.time != reading.time || device != self.device { end(&engine, &changes) }
        self.device = device
        readings.append(reading)
    }

    mutating func end(_ engine: inout Engine, _ changes: inout [LevelChange]) {
        guard !readings.isEmpty else { return }
        let readings = readings  // two parts of one value cannot be lent at once
        engine.ingest(readings.span, exceptions: &exceptions, into: &changes)
        self.readings.removeAll(keepingCapacity: true)
        exceptions.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
    }
}
