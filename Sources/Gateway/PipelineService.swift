internal import Devices
internal import Foundation
internal import Logging
internal import POSIX
internal import Pipeline
internal import RuleLanguage
internal import ServiceLifecycle
internal import SiteConfiguration
internal import Uplink

/// Runs the pipeline on its own thread until the group shuts down, and then lets it drain.
struct PipelineService: Service {
    let core: GatewayCore
    let logger: Logger

    func run() async throws {
        let systemd = SystemdNotifier()
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        let dispatcher = core.dispatcher
        let pipeline: Pipeline
        do {
            pipeline = try core.startPipeline(
                onCommit: { dispatcher.signal() }, onUnstored: { dispatcher.deliverUnstored($0) })
        } catch {
            let failure = ServiceFailure(service: "the start of the pipeline", error: error)
            Gateway.report(failure, logger)
            throw failure
        }
        let thread = Thread { [box = ThreadBox(pipeline)] in
            box.pipeline.run()
            continuation.finish()
        }
        thread.name = "tocsin-pipeline"
        thread.stackSize = 4 << 20
        thread.start()
        logger.notice(
            "gateway started",
            metadata: [
                "devices": "\(core.siteModel.site.sensors.count)", "rules": "\(core.siteModel.rules.rules.count)",
                "store": "\(core.configuration.store.path)",
            ])
        systemd.tell("READY=1", waits: true)
        await withTaskCancellationOrGracefulShutdownHandler {
            // The task's own cancellation would end an `await` of the stream, so wait for the thread in a separate
            // task.
            await Task { for await _ in ended {} }.value
        } onCancelOrGracefulShutdown: { [mailbox = core.mailbox] in
            systemd.tell("STOPPING=1")
            mailbox.post(.stop)
        }
    }
}

/// Carries the pipeline to its thread. One thread makes it, and afterwards only the other uses it.
private struct ThreadBox: @unchecked Sendable {
    let pipeline: Pipeline
    init(_ pipeline: Pipeline) { self.pipeline = pipeline }
}
