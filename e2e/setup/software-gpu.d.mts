export declare const lavapipeIcd: string | undefined;
export declare function hasGpuDevice(): boolean;
export declare function useSoftwareGpu(): void;
