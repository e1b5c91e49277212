package import Escalation
package import Telemetry

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

    package func deliver(_ escalation: Escalation, after earlier: [Escalation]) async throws {
        try await poster.post(escalation.payload, contentType: CloudEvent.contentType, identity: escalation.identity)
    }

    package func close() async { await poster.close() }
}
