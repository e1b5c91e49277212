internal import AlarmModel
internal import Alarms
internal import Devices
internal import Escalation
internal import Logging
internal import QualityControl
internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
internal import SiteConfiguration
internal import Store
internal import Telemetry

/// Restores an engine to the state of the engine before it.
extension Intake {
    /// The reason for rebuilding the engine.
    enum Occasion: Equatable {
        case start, reload
        /// A person has flagged readings, or has withdrawn a flag. The model stays.
        case flag
        /// The clock was set by more than a small step.
        case setBack, setForward(TimeSpan)

        /// True if the gateway went on listening.
        var isReload: Bool { self == .reload || self == .flag }
    }

    /// Restores the engine's state: windows from the stored readings, alarms from their table.
    ///
    /// Readings that were stored while the clock was ahead are left out: they would make all later readings late.
    /// - Parameter earlier: for a reload, the time since when each series has been monitored, and until when.
    mutating func warm(
        from store: Store, now: Instant, because occasion: Occasion,
        listening earlier: (until: Instant, from: [SeriesID: Instant])? = nil
    ) throws {
        let present = occasion == .setBack ? now : now + ClockTolerance().ahead
        flags = try store.spansInForce()
        if occasion == .start { received.restore(try store.receivedMessages()) }
        try fillWindows(from: store, before: present, now: now, occasion)
        health.droppedTotal = try store.newestValue(of: health.series(of: .brokerDroppedTotal))
        // The gateway was down from the newest reading until now, so no condition has lasted through that time.
        if occasion == .start, let alive = try store.newestArrival(), alive <= now {
            catchUp(to: alive)
            engine.adjustClock(by: now - alive)
        }
        if case .setForward(let step) = occasion { engine.adjustClock(by: step) }
        if occasion.isReload, let earlier { catchUp(to: earlier.until) }
        listenAnew(earlier?.from ?? [:], at: now)
        try rememberDevices(from: store, before: present)
        quality.forEachInMaintenance(at: now) { engine.excuse($0, at: now, into: &changes) }
        changes.removeAll(keepingCapacity: true)
        let (active, returned) = (try store.activeAlarms(), try store.returnedAlarms(limit: AlarmBook.returnedMax))
        let policies = Dictionary(model.rules.rules.map { ($0.name, $0.escalate) }) { first, _ in first }
        let holding = Set(model.rules.instances.indices.filter { engine.ladderState(of: $0).level > .normal })
        let restored = book.restore(
            active.filter { !Self.isStoreFault($0) }, returned: returned, suppressions: try store.suppressions(),
            standing: holding,
            at: now)
        let standing = Dictionary(book.active.map { ($0.id, $0) }) { first, _ in first }
        for alarm in active.map({ standing[$0.id] ?? $0 }) + returned {
            let (state, notified) = try store.escalationState(of: alarm.id)
            if !planner.restore(
                alarm, state: state, notified: notified, escalate: policies[alarm.rule] ?? nil, at: now)
            {
                let names = notified.isEmpty ? "nobody" : notified.keys.sorted().joined(separator: ", ")
                let text =
                    "the escalation state of \(alarm.id) cannot be read; its end goes to \(names), its steps begin again"
                logger.error("\(text)")
                batch.notes.append(AuditNote("escalation-unreadable", at: now, text: text))
            }
        }
        takeUpStoreFaults(active.filter(Self.isStoreFault), at: now)
        // Windows are rebuilt from readings; raised and latched levels are restored from alarms.
        for instance in model.rules.instances.indices {
            engine.restore(LadderState(level: .normal, held: 0, isUncertain: false), to: instance)
        }
        for (instance, ladder, moved) in restored.ladders {
            engine.restore(ladder, to: instance, movedAt: min(moved, present))
        }
        for transition in restored.retired { record(transition) }
        record(restored, at: now)
        // A shelving whose time is over must not hide the readings that come first.
        for outcome in book.expireShelves(at: now) { record(outcome, by: nil, at: now) }
        restoreDeaths(at: now)
        if occasion == .start || occasion.isReload { rejudge(restored, at: now) }
        for text in store.takeUnreadable() {
            logger.error("\(text)")
            batch.notes.append(AuditNote("unreadable", at: now, text: text))
        }
    }

    /// Evaluates all rules at once, from the present windows. The rules may have changed, and a sensor that sends only
    /// changes may stay silent for a long time.
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
        for record in restored.withoutEffect {
            let text =
                "\(record.key) is suppressed, but no rule watches there any more, so this has no effect: \(record.suppression?.reason ?? "")"
            logger.warning("\(text)")
            batch.notes.append(AuditNote("without-effect", at: now, text: text))
        }
        batch.renamed += restored.changed
        for (alarm, before) in restored.renamed {
            batch.notes.append(
                AuditNote("renamed", at: now, text: "\(alarm.id): \(before) is now \(alarm.key) \(alarm.levelName)"))
        }
    }

    /// Advances the engine to the last moment at which the previous engine was alive.
    private mutating func catchUp(to alive: Instant) {
        engine.advance(to: alive, into: &changes)
        changes.removeAll(keepingCapacity: true)
        engine.noteSilences(at: alive)
    }

    /// Takes over the time since when each series has been monitored. A series that was not monitored, and has no
    /// readings, is monitored from now on.
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

    /// The time since when the running engine has monitored each series, and until when.
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
    /// A reading may lie far behind those before it, although it was not late when it came. Then the clock was set back
    /// before it came. The earlier readings of its series were stamped by a clock that was ahead, and are left out.
    private mutating func fillWindows(from store: Store, before present: Instant, now: Instant, _ occasion: Occasion)
        throws
    {
        guard let newest = try store.newestReading(before: present) else { return }
        let timeless = timelessSeries(occasion)
        var newestTimes = Array(repeating: Instant.distantPast, count: model.rules.plan.series.count)
        /// The position of the first reading after the clock was set back, by series.
        var beginnings: [SeriesID: Int] = [:]
        func pass(_ engine: inout Engine, isFirst: Bool) throws {
            var position = 0
            var moment = ReplayedMoment()
            var before = Instant.distantPast
            engine.beginReplay()
            defer { engine.endReplay() }
            let needed = quality.readingsNeeded
            let wanted = (0..<max(model.rules.plan.series.count, needed.count)).map { index in
                max(
                    index < model.rules.plan.series.count ? engine.samplesBefore(of: SeriesID(index: Int32(index))) : 0,
                    index < needed.count ? needed[index] : 0)
            }
            try store.replay(
                after: newest - model.rules.plan.lookback, before: present, leadingUp: wanted, flags: flags,
                listened: {
                    moment.end(&engine, &changes)
                    // Timers that were due by then had run. A longer pause is an excuse for all sensors.
                    let span = $0 - before
                    if span <= .minutes(1) {
                        quality.forEachInMaintenance(at: $0) { engine.excuse($0, for: span, into: &changes) }
                    }
                    before = $0
                    engine.advance(to: min($0, now), into: &changes)
                    changes.removeAll(keepingCapacity: true)
                },
                { reading in
                    position += 1
                    if isFirst { quality.noteStored(reading) }
                    if let timeless, reading.quality.contains(.clockReplaced) || timeless.contains(reading.series) {
                        // The earlier readings of this series do not describe the present either.
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
                    var reading = reading
                    flags.apply(to: &reading)
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

    /// The series whose readings are stamped with their arrival time. After the clock was set forward, their stored
    /// times do not fit the readings to come. `nil` if it was not set forward.
    private func timelessSeries(_ occasion: Occasion) -> Set<SeriesID>? {
        guard case .setForward(let step) = occasion else { return nil }
        // For devices that never send a time, windows may be off by a minute.
        let devices = model.site.devices.filter { !($0.profile.hasTime && !$0.profile.isPack) && step > .minutes(1) }
        return Set(
            devices.flatMap { device in
                device.fields.map { model.series.id(device: device.id, quantity: $0.quantity.name) }
            })
    }
}

/// Stored readings that a device sent in one message, with one time. They are evaluated together, as they were then.
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
