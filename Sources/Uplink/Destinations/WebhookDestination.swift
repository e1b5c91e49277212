package import Telemetry
internal import Wire

/// Posts each escalation to an address over HTTPS, see ``HTTPPoster``.
package struct WebhookDestination: Destination {
    package let name: String
    package let timeout: TimeSpan
    private let poster: HTTPPoster

    /// - Throws: ``DeliveryError`` if a certificate cannot be read.
    package init(name: String, _ settings: WebhookSettings, clock: any GatewayClock) throws {
        self.name = name
        timeout = settings.timeout
        poster = try HTTPPoster(settings, clock: clock)
    }

    package func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        try await poster.post(message.payload, contentType: CloudEvent.contentType, identity: message.identity)
    }

    package func close() async { await poster.close() }
}
