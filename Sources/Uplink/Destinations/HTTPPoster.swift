internal import AsyncHTTPClient
internal import Crypto
internal import Foundation
internal import MQTT
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Synchronization
internal import Telemetry

/// Posts messages to one address: signed, with an identity, within a time limit, and without following redirects.
final class HTTPPoster: Sendable {
    private let settings: WebhookSettings
    private let clock: any GatewayClock
    /// The client, and the files of certificates as they were when it was made.
    private let current: Mutex<(client: HTTPClient, files: [FileState])>

    /// - Throws: ``DeliveryError`` if a certificate cannot be read.
    init(_ settings: WebhookSettings, clock: any GatewayClock) throws {
        self.settings = settings
        self.clock = clock
        // Before the client reads them: a change in between is seen the next time.
        let files = Self.files(settings)
        current = Mutex((try Self.client(settings), files))
    }

    private static func files(_ settings: WebhookSettings) -> [FileState] {
        [settings.authorities, settings.certificate, settings.key].compactMap { $0.map { FileState(of: $0) } }
    }

    /// Returns the client; a new one if certificates have been renewed since. If the new ones cannot be read, as in
    /// the middle of a renewal, the client continues with its old ones.
    private func client() -> HTTPClient {
        let files = Self.files(settings)
        return current.withLock { current in
            // New ones that cannot be read are tried again at the next message.
            guard files != current.files, let new = try? Self.client(settings) else { return current.client }
            // No message is on its way: messages are posted one after the other.
            Task { [old = current.client] in try? await old.shutdown() }
            current = (new, files)
            return new
        }
    }

    private static func client(_ settings: WebhookSettings) throws -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        do {
            if let authorities = settings.authorities {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
            }
            if let certificate = settings.certificate, let key = settings.key {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            }
        } catch {
            throw DeliveryError("the certificate for \(settings.shownURL) cannot be read: \(error)")
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout.connect = .nanoseconds(min(settings.timeout, .seconds(5)).nanoseconds)
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Posts a message and returns when it was answered with a status of 200 to 299.
    ///
    /// The signature is HMAC-SHA256 with the shared secret over the value of `Tocsin-Timestamp` (seconds since 1970),
    /// a full stop, and the body; `Tocsin-Signature` is `v1=` and its hexadecimal digits.
    /// - Throws: ``DeliveryError``; permanent for the statuses with which a receiver refuses this message for ever.
    ///   401, 403 and 404 are not among them: somebody can correct those without touching the message.
    func post(_ body: String, contentType: String, identity: String) async throws {
        var request = HTTPClientRequest(url: settings.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: contentType)
        request.headers.add(name: "User-Agent", value: "tocsin")
        request.headers.add(name: "Idempotency-Key", value: Self.headerText(identity))
        if let authorization = settings.authorization {
            request.headers.add(name: "Authorization", value: authorization.value)
        }
        let timestamp = String(clock.now().nanoseconds / 1_000_000_000)
        request.headers.add(name: "Tocsin-Timestamp", value: timestamp)
        if let secret = settings.secret {
            let code = HMAC<SHA256>.authenticationCode(
                for: Data("\(timestamp).\(body)".utf8), using: SymmetricKey(data: Data(secret.value.utf8)))
            request.headers.add(
                name: "Tocsin-Signature", value: "v1=" + code.map { String(format: "%02x", $0) }.joined())
        }
        request.body = .bytes(ByteBuffer(string: body))
        let response: HTTPClientResponse
        let said: String
        do {
            response = try await client().execute(request, timeout: .nanoseconds(settings.timeout.nanoseconds))
            said = response.status.code < 300 ? "" : await beginning(of: response)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw DeliveryError("\(settings.shownURL): \(error)")
        }
        let status = Int(response.status.code)
        switch status {
        case 200..<300: return
        case 300..<400:
            throw DeliveryError(
                "\(settings.shownURL) answers \(status) and points elsewhere, which is not followed: name the new address"
            )
        case 400, 405, 406, 410, 411, 413, 414, 415, 422, 431, 451:
            throw DeliveryError("\(settings.shownURL) refuses this message with \(status)\(said)", isPermanent: true)
        default:
            let seconds = response.headers.first(name: "Retry-After").flatMap(Double.init).flatMap {
                $0 >= 0 ? min($0, 86_400) : nil
            }
            // Too many requests, no access, or an unavailable service: that concerns all messages.
            let isAboutAll = [401, 407, 408, 429, 502, 503, 504].contains(status)
            throw DeliveryError(
                "\(settings.shownURL) answers \(status)\(said)", isAboutMessage: !isAboutAll, retryAfter: seconds)
        }
    }

    /// Returns a string of RFC 8941, as draft-ietf-httpapi-idempotency-key-header requires. It allows only visible
    /// ASCII: each byte of anything else is `%` and two digits.
    static func headerText(_ text: String) -> String {
        let characters = text.unicodeScalars.map { character in
            switch character {
            case "\\", "\"": "\\\(character)"
            case " "..."~": String(character)
            default: PercentEncoding.text(character)
            }
        }
        return "\"\(characters.joined())\""
    }

    /// Returns the beginning of the answer, for an operator who looks for the reason; the rest is not read.
    private func beginning(of response: HTTPClientResponse) async -> String {
        var bytes: [UInt8] = []
        do {
            for try await chunk in response.body {
                bytes += chunk.readableBytesView.prefix(200 - bytes.count)
                if bytes.count >= 200 { break }
            }
        } catch {
            // The part read so far is all there is to show.
        }
        let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return text.isEmpty ? "" : ": \(text)"
    }

    // Nothing is sent any more, so a connection that does not close in order loses nothing.
    func close() async { try? await current.withLock { $0.client }.shutdown() }
}
