internal import Foundation
package import MQTT
package import Telemetry

/// Publishes alarms as CAP 1.2 messages: into a folder, over MQTT, or to a webhook.
package struct CAPDestination: Destination {
    package enum Carrier: Sendable {
        /// A file for each message, which appears whole.
        case folder(String)
        case mqtt(Publisher, TopicTemplate, timeout: TimeSpan)
        case webhook(WebhookSettings)
    }

    package static let contentType = "application/cap+xml"

    package let name: String
    package let needsHistory = true
    package var timeout: TimeSpan {
        switch carrier {
        case .folder: .seconds(60)
        case .mqtt(_, _, let timeout): timeout
        case .webhook(let webhook): webhook.timeout
        }
    }
    private let writer: CAPWriter
    private let carrier: Carrier
    private let poster: HTTPPoster?

    /// - Throws: ``DeliveryError`` if a folder cannot be made, or a certificate cannot be read.
    package init(name: String, _ settings: CAPSettings, carrier: Carrier, clock: any GatewayClock) throws {
        self.name = name
        writer = CAPWriter(settings: settings)
        self.carrier = carrier
        switch carrier {
        case .folder(let path):
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw DeliveryError("the folder \(path) cannot be made: \(error)")
            }
            poster = nil
        case .mqtt: poster = nil
        case .webhook(let webhook): poster = try HTTPPoster(webhook, clock: clock)
        }
    }

    package func deliver(_ outgoing: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        guard let message = try writer.message(for: outgoing, after: earlier) else { return }
        switch carrier {
        case .folder(let path): try write(message, outgoing.created, into: path)
        case .mqtt(let publisher, let topic, _):
            let notice = try outgoing.notice()
            try await publisher.deliver(
                topic: topic.topic(for: notice), payload: Array(message.xml.utf8), contentType: Self.contentType)
        case .webhook: try await poster?.post(message.xml, contentType: Self.contentType, identity: outgoing.identity)
        }
    }

    package func close() async { await poster?.close() }

    /// Writes a message to a file. Its name begins with the time, so that a listing is in order, and is the same when
    /// the message is written again.
    private func write(_ message: CAPMessage, _ created: Instant, into folder: String) throws {
        let time = CAPWriter.time(created).prefix(19).replacing(":", with: "")
        // '%' is free: the identifier has it only in escapes.
        let name = "\(time)Z_\(message.identifier.replacing("/", with: "%2F").suffix(180))"
        let path = "\(folder)/\(name).xml"
        let temporary = "\(folder)/.\(UUID().uuidString)"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw DeliveryError("\(folder) takes no file: \(String(cString: strerror(errno)))") }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(message.xml.utf8))
            try handle.synchronize()
        } catch {
            unlink(temporary)
            throw DeliveryError("\(temporary) cannot be written: \(error)")
        }
        guard rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw DeliveryError("\(path) cannot be written: \(reason)")
        }
    }
}
