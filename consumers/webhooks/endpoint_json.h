// Endpoints as JSON with the keys of the file: as they come over HTTP, and as they are shown.
#pragma once

#include <string>
#include <string_view>

#include "common/json/writer.h"
#include "consumers/webhooks/endpoint_record.h"

namespace godwit::webhooks {

// One JSON object of texts, numbers, flags and lists of texts. Nothing in it stands for a variable or a file.
Result<EndpointSettings> read_settings_json(std::string_view json);

// The members, without the ends of the object. No secret: of a URL its scheme and host.
void write_settings(json::Writer& out, const EndpointRecord& record, const Endpoint& endpoint);

}  // namespace godwit::webhooks
