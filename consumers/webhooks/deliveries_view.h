// Deliveries over HTTP: what was sent where, how it went, and sending it again.
#pragma once

#include "common/http/router.h"
#include "common/service/view.h"
#include "consumers/webhooks/delivery_rows.h"
#include "consumers/webhooks/dispatcher.h"

namespace godwit::webhooks {

// GET  /api/v1/deliveries, /api/v1/dead-letters, /api/v1/deliveries/{delivery_id}
// POST /api/v1/deliveries/{delivery_id}/retry
// POST /api/v1/endpoints/{name}/replay?from=&to=&status=
// Safe from every thread; the dispatcher outlives it.
class DeliveriesView {
 public:
  DeliveriesView(const service::ViewContext& context, Dispatcher& dispatcher)
      : context_(context), dispatcher_(dispatcher) {}

  void routes(http::Router& router);

 private:
  http::Response list(const http::Request& request, bool dead) const;
  http::Response get(const http::Request& request) const;
  http::Response retry(const http::Request& request);
  http::Response replay(const http::Request& request);
  http::Response ask_everybody(const http::Request& request, const AskAgain& what);
  Result<AskedAgain> ask_here(const sqlite::Readers& files, const AskAgain& what);

  service::ViewContext context_;
  Dispatcher& dispatcher_;
};

}  // namespace godwit::webhooks
