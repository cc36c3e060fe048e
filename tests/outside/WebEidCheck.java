import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import eu.webeid.security.authtoken.WebEidAuthToken;
import eu.webeid.security.certificate.CertificateLoader;
import eu.webeid.security.validator.AuthTokenValidator;
import eu.webeid.security.validator.AuthTokenValidatorBuilder;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** One JSON line in ({token, origin, challenge, authorities}), one line out: "accepted" or what the library threw. */
public final class WebEidCheck {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(verdict(JSON.readTree(line)));
        }
    }

    private static String verdict(JsonNode asked) throws Exception {
        AuthTokenValidator validator = new AuthTokenValidatorBuilder()
            .withSiteOrigin(URI.create(asked.get("origin").asText()))
            .withTrustedCertificateAuthorities(authorities(asked.get("authorities")))
            .withoutUserCertificateRevocationCheckWithOcsp()
            .build();
        try {
            WebEidAuthToken token = validator.parse(asked.get("token").toString());
            validator.validate(token, asked.get("challenge").asText());
            return "accepted";
        } catch (Exception refused) {
            return refused.getClass().getSimpleName();
        }
    }

    private static X509Certificate[] authorities(JsonNode encoded) throws Exception {
        List<X509Certificate> found = new ArrayList<>();
        for (JsonNode one : encoded) {
            found.add(CertificateLoader.decodeCertificateFromBase64(one.asText()));
        }
        return found.toArray(new X509Certificate[0]);
    }
}
