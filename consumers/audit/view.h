// The audit view: entries by filter, page by page or as an export, one event with its bytes, and the number
// of rows as a metric.
#pragma once

#include "common/service/view.h"
#include "consumers/audit/checkpointer.h"
#include "consumers/audit/exporter.h"
#include "consumers/audit/projection.h"
#include "consumers/audit/proof_view.h"
#include "consumers/audit/query.h"
#include "consumers/audit/query_log.h"
#include "consumers/audit/settings.h"

namespace godwit::audit {

class AuditView final : public service::View {
 public:
  AuditView(const service::ViewContext& context, const Settings& settings)
      : context_(context),
        archive_(context.readers, context.store_directory, settings.search),
        exporter_(context,
                  [this](const Question& question, Format format) { return list_of(question, format); }),
        query_log_(context.publisher, context.clock, settings.access_events == "on"),
        checkpointer_(context.readers, context.publisher, context.clock,
                      settings.checkpointer(context.store_directory), context.read_topic),
        keeper_(context.readers, context.publisher, context.clock, keeper_ports(settings),
                settings.keeper(context.store_directory)),
        proofs_(context_, archive_, checkpointer_) {}

  // GET /api/v1/audit, /api/v1/audit/{event_id}, and those of ProofView
  void routes(http::Router& router) override;
  // Checkpoints are signed between the two, and once more at the end; and the audit watches itself.
  void start() override { checkpointer_.start(), keeper_.start(); }
  void stop() override { keeper_.stop(), checkpointer_.stop(); }
  // godwit_audit_rows, godwit_audit_readable, godwit_audit_access_events_total
  void append_metrics(metrics::Exposition& page) override;

 private:
  keep::KeeperPorts keeper_ports(const Settings& settings);
  // Refers to the question.
  cluster::ListSpec list_of(const Question& question, Format format) const;
  // Count the rows they tell.
  http::Response list(const http::Request& request, std::int64_t& rows);
  http::Response get(const http::Request& request, std::int64_t& rows);

  service::ViewContext context_;
  Archive archive_;
  Exporter exporter_;
  QueryLog query_log_;
  Checkpointer checkpointer_;
  keep::Keeper keeper_;
  ProofView proofs_;
};

}  // namespace godwit::audit
