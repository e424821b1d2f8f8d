#include "common/service/consumer.h"
#include "consumers/dashboard/projection.h"
#include "consumers/dashboard/tables.h"
#include "consumers/dashboard/view.h"

int main(int argc, char** argv) {
  using namespace godwit;
  return service::consumer_main<dashboard::Dashboard, dashboard::Tables, dashboard::DashboardView,
                                dashboard::Settings>(
      {.program = "godwit-dashboard",
       .description =
           "Folds migration events into the figures of a dashboard and serves them as a page and as JSON.",
       .listen = "127.0.0.1:8081",
       .topics = {"migrations.lifecycle", "migrations.progress", "platform.activity"}},
      argc, argv);
}
