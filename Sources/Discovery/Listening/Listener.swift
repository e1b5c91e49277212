package import Devices
package import MQTT
package import Telemetry

/// Listens to a broker for a while. The caller's thread drives the connection.
package struct Listener {
    /// Where the listening is, for a line of progress.
    package struct Progress {
        package var isConnected: Bool
        /// The time that is left to listen, or to wait for the connection.
        package var left: TimeSpan
        package var messages: Int
        package var topics: Int
        /// What the link has complained of since the last call.
        package var trouble: String?
    }

    /// How long to listen, from the connection on.
    private let duration: TimeSpan
    /// How long to wait for the connection.
    private let patience: TimeSpan
    private let stop: StopRequest
    private let troubles: LinkTroubles
    /// The wall clock's time at `startUptime`. Times of arrival do not follow later changes of the clock.
    private let start: Instant
    private let startUptime = ProcessUptime.now()

    private static let packetsMax = 2000
    private static let progressEvery = TimeSpan.milliseconds(500)

    package init(
        for duration: TimeSpan, patience: TimeSpan, stop: StopRequest, troubles: LinkTroubles,
        now: Instant
    ) {
        self.duration = duration
        self.patience = patience
        self.stop = stop
        self.troubles = troubles
        start = now
    }

    /// Listens until the time is over, or the request to stop.
    /// - Parameters:
    ///   - link: a connection that is used by nobody else. It is disconnected at the end.
    ///   - profiles: they say where payloads of several devices on one topic name them.
    ///   - show: called about twice a second.
    package func listen(
        on link: ListeningConnection, profiles: [Profile], show: (Progress) -> Void
    ) -> ListeningResult {
        var result = ListeningResult(keys: SharedTopicKeys(profiles))
        var end = startUptime + patience
        var nextShow = startUptime
        var before = startUptime
        while !stop.isRequested {
            link.keepUp(milliseconds: 100, wake: stop.descriptor)
            let now = ProcessUptime.now()
            if link.isConnected {
                if !result.wasConnected { end = now + duration }
                if result.wasConnected { result.connectedFor = result.connectedFor + (now - before) }
                result.wasConnected = true
            }
            before = now
            read(link, into: &result)
            for refused in link.refusedFilters where !result.refused.contains(refused) {
                result.refused.append(refused)
            }
            if now >= end { break }
            guard now >= nextShow else { continue }
            nextShow = now + Self.progressEvery
            show(
                Progress(
                    isConnected: link.isConnected, left: end - now, messages: result.census.messages,
                    topics: result.census.records.count, trouble: troubles.take()))
        }
        link.disconnect()
        return result
    }

    private func read(_ link: ListeningConnection, into result: inout ListeningResult) {
        link.read(atMost: Self.packetsMax) { message in
            result.note(
                topic: message.topic, payload: message.payload, isRetained: message.isRetained,
                at: start + (ProcessUptime.now() - startUptime))
        }
    }
}
