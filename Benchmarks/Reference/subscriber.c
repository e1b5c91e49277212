// The bare minimum that the gateway is measured beside: a libmosquitto subscriber that only counts.
// Usage: subscriber PORT FILTER COUNT; prints a line when subscribed, and the CPU time when COUNT is reached.
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static long wanted, seen;

static void on_subscribe(struct mosquitto *m, void *user, int mid, int count, const int *qos) {
    puts("subscribed");
    fflush(stdout);
}

static void on_message(struct mosquitto *m, void *user, const struct mosquitto_message *message) {
    if (++seen == wanted) {
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("cpu_seconds %.6f\n", usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
        fflush(stdout);
        mosquitto_disconnect(m);
    }
}

static const char *filter;
static void on_connect(struct mosquitto *m, void *user, int code) { mosquitto_subscribe(m, NULL, filter, 1); }

int main(int argc, char **argv) {
    if (argc != 4) return 64;
    filter = argv[2];
    wanted = atol(argv[3]);
    mosquitto_lib_init();
    struct mosquitto *m = mosquitto_new("bench-subscriber", true, NULL);
    mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, 1000);
    mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect_callback_set(m, on_connect);
    mosquitto_subscribe_callback_set(m, on_subscribe);
    mosquitto_message_callback_set(m, on_message);
    if (mosquitto_connect(m, "127.0.0.1", atoi(argv[1]), 60)) return 1;
    return mosquitto_loop_forever(m, -1, 1) != 0;
}
