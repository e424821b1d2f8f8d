#include "common/service/consumer.h"
#include "consumers/progress/projection.h"
#include "consumers/progress/settings.h"
#include "consumers/progress/tables.h"
#include "consumers/progress/view.h"

int main(int argc, char** argv) {
  using namespace godwit;
  return service::consumer_main<progress::Progress, progress::Tables, progress::ProgressView,
                                progress::Settings>(
      {.program = "godwit-progress",
       .description = "Folds migration events into the progress of each task and serves it over HTTP.",
       .listen = "127.0.0.1:8080",
       .topics = {"migrations.lifecycle", "migrations.progress", "platform.activity"}},
      argc, argv);
}
