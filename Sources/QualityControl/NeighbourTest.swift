internal import Devices
internal import Telemetry

/// Compares the newest readings of devices that measure the same (QARTOD neighbour test), and names the one that most
/// others contradict.
///
/// Two devices are compared at the time of the older one of their newest readings, where the other has a value on the
/// straight line between its last two. So in a flood the first to measure does not contradict those that measured
/// before the water rose.
///
/// A reading is supported by the trust of all devices that differ from it by no more than the limit, its own included.
/// The readings with the most support are right. A reading that agrees with none of them is suspect, or fails if it is
/// far enough away. If nobody has more support than the others, as with two devices of equal trust, whoever contradicts
/// another is suspect. A device that contradicts the others for the first time is suspect at most, since it may know
/// more than they do yet.
///
/// Only readings that are usable, and not much older than the tested one, are compared. A reading costs time in the
/// square of the group's size.
struct NeighbourTest: QualityTest {
    fileprivate struct Member {
        let device: Int
        /// The device's name, and what it measures, for texts.
        let name: String
        let field: Profile.Field
        /// The series that reports a conflict.
        let report: SeriesID?
        let trust: Double
        var newest = Reading(series: SeriesID(index: -1), time: .distantPast, value: .nan)
        /// The reading before the newest one.
        var previous: (time: Instant, value: Double)?
        /// Set while it is in conflict.
        var isInConflict = false
        var support = 0.0
        var course = NeighbourCourse()
    }

    fileprivate struct Group {
        let suspect: Double
        let fail: Double
        let within: TimeSpan
        var members: [Member]
    }

    /// The group of each series, and the position in it; −1 for none.
    private var places: [(group: Int32, member: Int32)] = []
    private var groups: [Group] = []
    /// The numbers of the compared series of each device.
    private var seriesOfDevices: [[Int]]
    /// The member that each reporting series is about.
    private var reporters: [SeriesID: (group: Int, member: Int)] = [:]
    /// The reports of the current message. The array is reused for every message.
    private var reports: [Reading] = []
    /// The newest conflict of each device since it was last taken.
    private var conflicts: [NeighbourConflict?]
    /// The devices that have one.
    private var inConflict: [Int] = []
    private let zone: ZoneTable
    /// The devices whose members have changed, by their numbers.
    private var changed: UnstoredChanges

    init(_ site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID, zone: ZoneTable) {
        self.zone = zone
        seriesOfDevices = Array(repeating: [], count: site.devices.count)
        changed = UnstoredChanges(count: site.devices.count)
        conflicts = Array(repeating: nil, count: site.devices.count)
        for group in site.neighbours {
            var members: [Member] = []
            for (name, trust) in zip(group.devices, group.trust) {
                guard let device = site.devices.firstIndex(where: { $0.id == name }),
                    // A sensor in maintenance says nothing about the others, nor they about it.
                    let field = site.devices[device].field(group.quantity.name), field.maintenance == nil,
                    case let index = Int(series(name, field.quantity).index), index >= 0
                else { continue }
                while places.count <= index { places.append((-1, -1)) }
                places[index] = (Int32(groups.count), Int32(members.count))
                seriesOfDevices[device].append(index)
                let report = site.devices[device].fields.first { $0.source.isNeighbours }
                if let report { reporters[series(name, report.quantity)] = (groups.count, members.count) }
                members.append(
                    Member(
                        device: device, name: name, field: field, report: report.map { series(name, $0.quantity) },
                        trust: trust))
            }
            groups.append(
                Group(
                    suspect: group.limits.suspect ?? .infinity, fail: group.limits.fail ?? .infinity,
                    within: group.within, members: members))
        }
    }

    mutating func test(_ readings: inout [Reading], of message: inout DecodedMessage) {
        test(&readings, from: message.firstReading)
    }

    /// Tests the readings from a position on.
    mutating func test(_ readings: inout [Reading], from first: Int) {
        guard !groups.isEmpty else { return }
        for index in first..<max(readings.count, first) {
            let series = Int(readings[index].series.index)
            guard places.indices.contains(series), case let (group, member) = places[series], group >= 0 else {
                continue
            }
            if readings[index].quality.contains(.maintenance) {
                groups[Int(group)].members[Int(member)].forget()
            }
            guard readings[index].quality.isUsable else { continue }
            judge(&readings[index], Int(group), Int(member))
        }
        guard !reports.isEmpty else { return }
        readings += reports
        reports.removeAll(keepingCapacity: true)
    }

    private mutating func judge(_ reading: inout Reading, _ number: Int, _ own: Int) {
        // An older one says nothing about the present.
        guard reading.time >= groups[number].members[own].newest.time else { return }
        groups[number].take(reading, own)
        guard let finding = groups[number].judge(own) else { return }
        reading.quality.note(.neighbours, finding.flag)
        let member = groups[number].members[own]
        let isConflict = finding.flag != .pass
        groups[number].members[own].isInConflict = isConflict
        let isNew = groups[number].members[own].course.note(
            reading, difference: finding.difference, limit: groups[number].suspect)
        if isNew, member.report != nil { changed.note(member.device) }
        if isConflict {
            if conflicts[member.device] == nil { inConflict.append(member.device) }
            conflicts[member.device] = NeighbourConflict(
                device: member.name, field: member.field, reading: reading, agreed: finding.agreed,
                agreeing: finding.agreeing, compared: finding.compared, difference: finding.difference,
                course: groups[number].members[own].course, zone: zone)
        }
        guard isConflict || member.isInConflict, let report = member.report else { return }
        reports.append(Reading(series: report, time: reading.time, value: isConflict ? 1 : 0))
    }

    /// Takes the newest conflict of each device that had one, for the texts of alarms.
    mutating func takeConflicts(_ body: (NeighbourConflict) -> Void) {
        for device in inConflict {
            if let conflict = conflicts[device] { body(conflict) }
            conflicts[device] = nil
        }
        inConflict.removeAll(keepingCapacity: true)
    }

    // MARK: what survives a restart

    /// The numbers of the series that are compared.
    var series: [Int] {
        places.indices.filter { places[$0].group >= 0 } + reporters.keys.map { Int($0.index) }.filter { $0 >= 0 }
    }

    /// Takes a stored reading, in the order in which they were stored.
    mutating func noteStored(_ reading: Reading) {
        // The newest report says whether a conflict stands, also if readings since then could not be compared.
        if let (group, member) = reporters[reading.series] {
            groups[group].members[member].isInConflict = reading.value > 0
        }
        let series = Int(reading.series.index)
        guard places.indices.contains(series), case let (group, member) = places[series], group >= 0,
            reading.quality.isUsable || reading.quality.finding(of: .neighbours) != nil,
            reading.time >= groups[Int(group)].members[Int(member)].newest.time
        else { return }
        groups[Int(group)].take(reading, Int(member))
    }

    /// Marks a stored state as one of these, in this form.
    private static let tag: UInt64 = 0x5b1c_0003
    /// The number of quantities of one device whose courses are stored.
    private static let coursesMax = 6

    /// Appends the courses of each device that has changed, under the series that reports its conflicts.
    func appendChanged(to states: inout [DeviceState]) {
        for device in changed.positions {
            var writer = DeviceState.Writer(tag: Self.tag)
            var report: SeriesID?
            for number in seriesOfDevices[device].prefix(Self.coursesMax) {
                let member = groups[Int(places[number].group)].members[Int(places[number].member)]
                report = member.report
                writer.add(Int64(number + 1))
                member.course.write(to: &writer)
            }
            if let report { states.append(DeviceState(series: report, words: writer.words)) }
        }
    }

    mutating func noteStored() { changed.removeAll() }

    mutating func restore(_ states: [DeviceState]) {
        for state in states where reporters[state.series] != nil {
            guard var reader = DeviceState.Reader(state.words, tag: Self.tag) else { continue }
            for _ in 0..<Self.coursesMax {
                let (number, course) = (Int(reader.next()) - 1, NeighbourCourse(&reader))
                guard places.indices.contains(number), case let (group, member) = places[number], group >= 0 else {
                    continue
                }
                groups[Int(group)].members[Int(member)].course = course
            }
        }
    }
}

extension NeighbourTest.Group {
    fileprivate struct Finding {
        var flag: QualityFlag
        var agreed = Double.nan
        var agreeing = 0
        var compared = 0
        /// The reading less what the others say that are right; 0 if there are none.
        var difference = 0.0
    }

    fileprivate mutating func take(_ reading: Reading, _ own: Int) { members[own].take(reading, within: within) }

    /// Compares the newest reading of a member with those of the others; `nil` if there is nothing to compare with.
    fileprivate mutating func judge(_ own: Int) -> Finding? {
        let reading = members[own].newest
        var compared = 0
        var best = 0.0
        for index in members.indices {
            members[index].support = 0
            guard isComparable(index, reading) else { continue }
            compared += 1
            for other in members.indices where isComparable(other, reading) && distance(index, other) <= suspect {
                members[index].support += members[other].trust
            }
            best = max(best, members[index].support)
        }
        guard compared > 1 else { return nil }
        var (agreesWithOne, agreesWithAll) = (false, true)
        var nearest = Double.infinity
        var right = own
        var (difference, others) = (0.0, 0)
        // Sums of decimal numbers are not exact in binary.
        for index in members.indices where members[index].support >= best * (1 - 1e-9) {
            let distance = distance(own, index)
            if distance <= suspect { agreesWithOne = true } else { agreesWithAll = false }
            if distance < nearest { (nearest, right) = (distance, index) }
            guard index != own else { continue }
            difference += self.difference(own, index)
            others += 1
        }
        if others > 1 { difference /= Double(others) }
        if agreesWithAll { return Finding(flag: .pass, difference: difference) }
        guard !agreesWithOne else { return Finding(flag: .suspect, compared: compared, difference: difference) }
        let agreeing = members.indices.count { isComparable($0, reading) && distance($0, right) <= suspect }
        return Finding(
            flag: nearest > fail && members[own].isInConflict ? .fail : .suspect, agreed: members[right].newest.value,
            agreeing: agreeing, compared: compared, difference: difference)
    }

    /// Returns how far two members are apart.
    private func distance(_ a: Int, _ b: Int) -> Double { abs(difference(a, b)) }

    /// Returns how much higher a member is than another, at the time of the older one of their newest readings.
    private func difference(_ a: Int, _ b: Int) -> Double {
        let time = min(members[a].newest.time, members[b].newest.time)
        return members[a].value(at: time) - members[b].value(at: time)
    }

    private func isComparable(_ index: Int, _ reading: Reading) -> Bool {
        let newest = members[index].newest
        guard newest.value.isFinite else { return false }
        let age = newest.time <= reading.time ? reading.time - newest.time : newest.time - reading.time
        return age <= within
    }
}

extension NeighbourTest.Member {
    /// Forgets its readings: one in maintenance says nothing of the others.
    fileprivate mutating func forget() {
        newest.value = .nan
        previous = nil
    }

    fileprivate mutating func take(_ reading: Reading, within: TimeSpan) {
        // Over a longer time, a straight line says little.
        let isNear = newest.value.isFinite && reading.time - newest.time <= within
        previous = isNear ? (newest.time, newest.value) : nil
        newest = reading
    }

    /// Returns the value at a time up to the newest reading, on a straight line from the reading before. What was
    /// before that is not known any more, so the newest value counts.
    fileprivate func value(at time: Instant) -> Double {
        guard let previous, time < newest.time, time >= previous.time else { return newest.value }
        let part = (time - previous.time).seconds / (newest.time - previous.time).seconds
        return previous.value + (newest.value - previous.value) * part
    }
}
