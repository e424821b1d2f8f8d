#include "common/service/consumer.h"
#include "consumers/metrics/projection.h"
#include "consumers/metrics/tables.h"
#include "consumers/metrics/view.h"

int main(int argc, char** argv) {
  using namespace godwit;
  return service::consumer_main<metrics_view::Metrics, metrics_view::Tables, metrics_view::MetricsView,
                                metrics_view::Settings>(
      {.program = "godwit-metrics",
       .description = "Folds migration events into counters and serves them to Prometheus.",
       .listen = "127.0.0.1:9090",
       .topics = {"migrations.lifecycle", "platform.activity"}},
      argc, argv);
}
