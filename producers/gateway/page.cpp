#include "producers/gateway/page.h"

#include <string>

namespace godwit::gateway {
namespace {

using metrics::Exposition;
using metrics::Kind;

void gauge(Exposition& page, std::string_view name, std::string_view help, double value) {
  page.family(name, Kind::gauge, help);
  page.sample({}, value);
}

void counter(Exposition& page, std::string_view name, std::string_view help, std::uint64_t value) {
  page.family(name, Kind::counter, help);
  page.sample({}, value);
}

}  // namespace

void append_ingest(Exposition& page, const Ingest& ingest) {
  const IngestStats stats = ingest.stats();
  page.family("godwit_gateway_events_total", Kind::counter, "Events received, by what became of them");
  page.sample({{"outcome", "accepted"}}, stats.accepted);
  page.sample({{"outcome", "invalid"}}, stats.invalid);
  page.sample({{"outcome", "turned_away"}}, stats.turned_away);
  page.sample({{"outcome", "unacknowledged"}}, stats.unacknowledged);
  page.sample({{"outcome", "refused"}}, stats.refused);
  gauge(page, "godwit_gateway_requests_waiting", "Requests that wait for Kafka", stats.requests_waiting);
  gauge(page, "godwit_gateway_requests_waiting_max", "Requests that may wait for Kafka at once",
        stats.requests_waiting_max);
  const IdempotencyStats keys = ingest.idempotency();
  counter(page, "godwit_gateway_idempotency_replayed_total", "Answers given again for their Idempotency-Key",
          keys.replayed);
  counter(page, "godwit_gateway_idempotency_conflicts_total",
          "Requests refused for their Idempotency-Key (409, 422)", keys.conflicts);
  gauge(page, "godwit_gateway_idempotency_answers", "Answers kept for their Idempotency-Key",
        static_cast<double>(keys.answers));
  gauge(page, "godwit_gateway_idempotency_bytes", "Bytes of the answers kept",
        static_cast<double>(keys.bytes));
}

void append_gate(Exposition& page, const GateStats& stats) {
  page.family("godwit_gateway_requests_total", Kind::counter, "Requests to post events, by status");
  for (const auto& [status, count] : stats.requests) page.sample({{"status", std::to_string(status)}}, count);
  page.family("godwit_gateway_refused_total", Kind::counter, "Requests turned back at the gate, by reason");
  page.sample({{"reason", "token_missing"}}, stats.tokens_missing);
  page.sample({{"reason", "token_unknown"}}, stats.tokens_unknown);
  page.sample({{"reason", "rate"}}, stats.rate_limited);
}

void append_access_log(Exposition& page, const AccessLogStats& stats) {
  page.family("godwit_gateway_access_events_total", Kind::counter,
              "audit.api_access events, by what became of them");
  page.sample({{"outcome", "stored"}}, stats.stored);
  page.sample({{"outcome", "dropped"}}, stats.dropped);
  page.sample({{"outcome", "failed"}}, stats.failed);
}

void append_tokens(Exposition& page, const TokenFile& tokens) {
  gauge(page, "godwit_gateway_tokens", "Tokens that are known",
        static_cast<double>(tokens.current()->size()));
  page.family("godwit_gateway_token_reloads_total", Kind::counter, "Reloads of the token file, by outcome");
  page.sample({{"outcome", "done"}}, tokens.reloads());
  page.sample({{"outcome", "failed"}}, tokens.failed_reloads());
}

}  // namespace godwit::gateway
