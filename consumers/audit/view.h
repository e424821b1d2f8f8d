// The audit view: pages of entries by filter, one event with its bytes, and the number of rows as a metric.
#pragma once

#include "common/service/consumer.h"
#include "common/service/view.h"
#include "consumers/audit/projection.h"
#include "consumers/audit/query.h"

namespace godwit::audit {

class AuditView final : public service::View {
 public:
  AuditView(const service::ViewContext& context, const service::NoSettings<Audit>&)
      : context_(context), archive_(context.readers, context.store_directory) {}

  // GET /api/v1/audit, /api/v1/audit/{event_id}
  void routes(http::Router& router) override;
  // godwit_audit_rows, godwit_audit_readable
  void append_metrics(metrics::Exposition& page) override;

 private:
  http::Response list(const http::Request& request) const;
  http::Response get(const http::Request& request) const;

  service::ViewContext context_;
  Archive archive_;
};

}  // namespace godwit::audit
