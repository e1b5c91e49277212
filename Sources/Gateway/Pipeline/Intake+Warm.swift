internal import Alarms
internal import Devices
internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
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
        from store: Store, now: Instant, because occasion: Occasion, listening earlier: (until: Instant, from: [SeriesID: Instant])? = nil
    ) throws {
        let present = occasion == .setBack ? now : now + ClockTolerance().ahead
        try fillWindows(from: store, before: present, now: now, occasion)
        health.droppedTotal = try store.newestValue(of: health.series(of: .brokerDroppedTotal))
        // From the newest readings to now nobody was there: nothing has lasted in that time.
        if occasion == .start, let alive = try store.newestArrival(), alive < now {
            engine.noteSilences(at: alive)
            engine.discount(now - alive)
        }
        if case .setForward(let step) = occasion { engine.discount(step) }
        if occasion == .reload, let earlier { engine.noteSilences(at: earlier.until) }
        listenAnew(earlier?.from ?? [:], at: now)
        try rememberDevices(from: store)
        let (active, returned) = (try store.activeAlarms(), try store.returnedAlarms(limit: AlarmBook.returnedMax))
        for alarm in active + returned {
            let (course, told) = try store.course(of: alarm.id)
            planner.restore(alarm, course: course, told: told, at: now)
        }
        let (ladders, retired) = book.restore(active, returned: returned, asides: try store.asides(), at: now)
        // The windows say what is; what was raised, and is held by a latch, the alarms say.
        for instance in model.rules.instances.indices {
            engine.restore(LadderState(level: .normal, held: 0, isUncertain: false), to: instance)
        }
        for (instance, ladder, moved) in ladders { engine.restore(ladder, to: instance, movedAt: min(moved, present)) }
        for transition in retired { record(transition) }
        // What was shelved for a time that is over must hide nothing that is read first.
        for outcome in book.expireShelves(at: now) { record(outcome, by: nil, at: now) }
        statistics.active = book.active
    }

    /// Takes over since when each series has been listened to; one that was not, and has no readings, is from now on.
    private mutating func listenAnew(_ earlier: [SeriesID: Instant], at now: Instant) {
        engine.listen(at: now)
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
    /// Readings that are far behind those before them, and were not late when they came, came after the clock was set back:
    /// what was before them in their series was of a clock that was ahead, and is left out.
    private mutating func fillWindows(from store: Store, before present: Instant, now: Instant, _ occasion: Occasion) throws {
        guard let newest = try store.newestReading(before: present) else { return }
        let timeless = timelessSeries(occasion)
        var newestTimes = Array(repeating: Instant.distantPast, count: model.rules.plan.series.count)
        /// By series, the position of the first reading after the clock was set back.
        var beginnings: [SeriesID: Int] = [:]
        func pass(_ engine: inout Engine, isFirst: Bool) throws {
            var position = 0
            engine.beginReplay()
            defer { engine.endReplay() }
            try store.replay(after: newest - model.rules.plan.horizon, before: present) { reading, arrived in
                position += 1
                if let timeless, reading.quality.contains(.clockReplaced) || timeless.contains(reading.series) {
                    // What was before it is not what is now, either.
                    if isFirst { beginnings[reading.series] = position + 1 }
                    return
                }
                if isFirst {
                    let index = Int(reading.series.index)
                    if newestTimes.indices.contains(index), !reading.quality.contains(.late) {
                        let isBehind = newestTimes[index] > .distantPast && reading.time < newestTimes[index] - configuration.lateness
                        if isBehind { beginnings[reading.series] = position }
                        newestTimes[index] = isBehind ? reading.time : max(reading.time, newestTimes[index])
                    }
                } else if let beginning = beginnings[reading.series], position < beginning {
                    return
                }
                engine.listen(at: min(arrived, now))
                _ = engine.ingest(reading, into: &changes)
                changes.removeAll(keepingCapacity: true)
            }
        }
        try pass(&engine, isFirst: true)
        guard !beginnings.isEmpty else { return }
        engine = Engine(model.rules.plan)
        try pass(&engine, isFirst: false)
    }

    /// The series whose readings have the time of their arrival, where these no longer go with those to come, as between them
    /// the clock was set forward; `nil` where all is well.
    private func timelessSeries(_ occasion: Occasion) -> Set<SeriesID>? {
        guard case .setForward(let step) = occasion else { return nil }
        // Of devices that never have a time of their own, windows may be off by a minute.
        let devices = model.site.devices.filter { $0.profile.time == nil && step > .minutes(1) }
        return Set(devices.flatMap { device in device.fields.map { model.series.id(device: device.id, quantity: $0.quantity.name) } })
    }
}
