// QueryLog: every question to the audit, answered or refused, is itself an event of the log, and so an entry
// of the audit: who asked, for what, and how many rows were told. Best effort (common/service/access_log.h).
#pragma once

#include <functional>
#include <string_view>

#include "common/http/request.h"
#include "common/http/response.h"
#include "common/metrics/exposition.h"
#include "common/service/access_log.h"
#include "consumers/audit/exporter.h"

namespace godwit::audit {

// Safe from every thread. Publisher and clock outlive it.
class QueryLog {
 public:
  QueryLog(stream::Publisher& publisher, const Clock& clock, bool on);

  // Gives what `answer` gives, which counts the rows it tells. An answer that is a stream is recorded at its
  // end, by of_export(). What another instance asks is its part of a question that it records itself.
  http::Response watch(const http::Request& request,
                       const std::function<http::Response(std::int64_t& rows)>& answer);
  // Records an export that begins now when it ends.
  ExportEnded of_export(const http::Request& request, std::string_view format);

  // godwit_audit_access_events_total
  void append_metrics(metrics::Exposition& page) const;

 private:
  service::AccessLog log_;
  const Clock& clock_;
  const bool on_;
};

}  // namespace godwit::audit
