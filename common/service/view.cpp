#include "common/service/view.h"

namespace godwit::service {

void View::changed(const std::string&, const projection::Touched&) {}
void View::append_metrics(metrics::Exposition&) {}
std::optional<http::Response> View::answer_metrics(const http::Request&, metrics::Exposition& page) {
  append_metrics(page);
  return std::nullopt;
}

}  // namespace godwit::service
