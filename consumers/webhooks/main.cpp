#include "common/service/consumer.h"
#include "consumers/webhooks/listen.h"
#include "consumers/webhooks/projection.h"
#include "consumers/webhooks/tables.h"
#include "consumers/webhooks/view.h"

int main(int argc, char** argv) {
  using namespace godwit;
  if (const auto status = webhooks::run_listen(argc, argv)) return *status;
  return service::consumer_main<webhooks::Webhooks, webhooks::Tables, webhooks::WebhooksView,
                                webhooks::Settings>(
      {.program = "godwit-webhooks",
       .description = "Folds migration events into deliveries owed to webhook endpoints, makes them, and "
                      "serves how they went.",
       .listen = "127.0.0.1:8083",
       .topics = {"migrations.lifecycle", "platform.activity"}},
      argc, argv);
}
