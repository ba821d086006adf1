// Verifies the XML signature of each file in a list, with the certificate in its KeyInfo; prints true or false a line.

import java.io.ByteArrayInputStream;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Node;

public class Verify {
    private static final String DSIG = "http://www.w3.org/2000/09/xmldsig#";

    public static void main(String[] arguments) throws Exception {
        var builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        var signatures = XMLSignatureFactory.getInstance("DOM");
        for (String file : Files.readAllLines(Path.of(arguments[0]))) {
            Document document = builders.newDocumentBuilder().parse(new File(file));
            Node signature = document.getElementsByTagNameNS(DSIG, "Signature").item(0);
            String text = document.getElementsByTagNameNS(DSIG, "X509Certificate").item(0).getTextContent();
            byte[] certificate = Base64.getMimeDecoder().decode(text);
            PublicKey key = CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(certificate))
                .getPublicKey();
            var context = new DOMValidateContext(KeySelector.singletonKeySelector(key), signature);
            context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.FALSE);
            System.out.println(signatures.unmarshalXMLSignature(context).validate(context));
        }
    }
}
