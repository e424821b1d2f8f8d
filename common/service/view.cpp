#include "common/service/view.h"

namespace godwit::service {

void View::changed(const std::string&, const projection::Touched&) {}
void View::append_metrics(metrics::Exposition&) {}

}  // namespace godwit::service
