import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A real HTTP server on a free port of loopback, over TLS if a certificate is given. It remembers every request, and
/// answers as the test requires.
package final class HTTPReceiver: Sendable {
    package struct Request: Sendable {
        package var headers: [String: String]
        package var body: String
    }

    /// The answer to the n-th request, from 0; `nil` for no answer at all.
    package typealias Answer =
        @Sendable (_ number: Int, _ request: Request) -> (status: Int, headers: [String: String], body: String)?

    private let requests = Mutex<[Request]>([])
    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup
    package let port: Int

    /// - Parameters:
    ///   - certificate: a PEM file with the certificate, and one with its key; `nil` for plain HTTP.
    ///   - port: 0 for any that is free.
    package init(
        certificate: (chain: String, key: String)? = nil, port: Int = 0,
        answer: @escaping Answer = { _, _ in (204, [:], "") }
    )
        async throws
    {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var context: NIOSSLContext?
        if let certificate {
            context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.chain).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))))
        }
        let box = Box()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(answer: answer) { box.take($0) })
                }
            }
        channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        self.port = channel.localAddress?.port ?? 0
        box.receiver.withLock { $0.value = self }
    }

    package var received: [Request] { requests.withLock { $0 } }

    package func stop() async {
        try? await channel.close()
        try? await group.shutdownGracefully()
    }

    private func take(_ request: Request) -> Int {
        requests.withLock { requests in
            requests.append(request)
            return requests.count - 1
        }
    }

    private final class Box: Sendable {
        struct Weak: Sendable { weak var value: HTTPReceiver? }
        let receiver = Mutex(Weak())
        func take(_ request: Request) -> Int { receiver.withLock { $0.value }?.take(request) ?? 0 }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: Answer
        private let take: (Request) -> Int
        private var headers: [String: String] = [:]
        private var body = ""

        init(answer: @escaping Answer, take: @escaping (Request) -> Int) {
            self.answer = answer
            self.take = take
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }
                body = ""
            case .body(let part): body += String(buffer: part)
            case .end:
                let request = Request(headers: headers, body: body)
                guard let answer = answer(take(request), request) else { return }
                var fields = HTTPHeaders([("Content-Length", "\(answer.body.utf8.count)")])
                for (name, value) in answer.headers { fields.add(name: name, value: value) }
                let head = HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
