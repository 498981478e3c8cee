-- In which region a resource was made, where the deployment has several: most requests name a resource and no region.
CREATE TABLE placement (
    tenant_id   VARCHAR(20)  NOT NULL,
    resource_id VARCHAR(255) NOT NULL,
    region      VARCHAR(255) NOT NULL,
    PRIMARY KEY (tenant_id, resource_id)
);
